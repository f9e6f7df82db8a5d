/**
 * What models were asked. Providers know no keys, so that a model's nth prompt (by its first arrival at the ledger) stands
 * for its nth call in the journal: this holds for models that are called by one process, one call after the other.
 */
import { idOf, segmentsOf } from '../oracle/journal.ts'
import type { Journal } from '../oracle/journal.ts'
import { MODEL_KEY } from './ledger-entry.ts'
import type { LedgerEntry } from './ledger-entry.ts'

type Call = { readonly id: string; begun: number; isOk: boolean }
type Prompt = { readonly text: string; asked: number }

/** Prompts of a model and turn that are in the one ledger and not in the other. */
export function promptsBeyond(more: readonly LedgerEntry[], less: readonly LedgerEntry[]): readonly string[] {
  const known = new Set(modelEntries(less).map(textOf))
  const beyond = new Set(modelEntries(more).map(textOf))
  return [...beyond].filter((text) => !known.has(text)).map((text) => `the prompt ${text}`)
}

/** The first call of each model that arrived more often than its journal shows attempts. */
export function repeatedModelCalls(journals: readonly Journal[], entries: readonly LedgerEntry[]): readonly string[] {
  const calls = callsOf(journals)
  return [...promptsOf(entries)].flatMap(([model, prompts]) => {
    const n = prompts.findIndex(({ asked }, i) => asked > (calls.get(model)?.[i]?.begun ?? 0))
    const prompt = prompts[n]
    if (prompt === undefined) return []
    const begun = calls.get(model)?.[n]?.begun ?? 0
    return [`silent: ${prompt.text} was asked ${prompt.asked} times, and its journal says ${begun}`]
  })
}

/** The first call of each model that is done in its journal, and of which the ledger knows nothing. */
export function skippedModelCalls(journals: readonly Journal[], entries: readonly LedgerEntry[]): readonly string[] {
  const prompts = promptsOf(entries)
  return [...callsOf(journals)].flatMap(([model, calls]) => {
    const skipped = calls.find(({ isOk }, i) => isOk && prompts.get(model)?.[i] === undefined)
    return skipped === undefined ? [] : [`skipped: ${skipped.id} is done in its journal, and ${model} was never asked`]
  })
}

const modelEntries = (entries: readonly LedgerEntry[]): readonly LedgerEntry[] =>
  entries.filter(({ what, key }) => what === 'begun' && key === MODEL_KEY)

const textOf = ({ tool, input }: LedgerEntry): string => `${tool} ${JSON.stringify(input)}`

/** The different prompts of each model, in the order of their first arrival. */
function promptsOf(entries: readonly LedgerEntry[]): ReadonlyMap<string, readonly Prompt[]> {
  const models = new Map<string, Map<string, Prompt>>()
  for (const entry of modelEntries(entries)) {
    const prompts = models.get(entry.tool) ?? new Map<string, Prompt>()
    models.set(entry.tool, prompts)
    const prompt = prompts.get(textOf(entry)) ?? { text: textOf(entry), asked: 0 }
    prompts.set(prompt.text, prompt)
    prompt.asked += 1
  }
  return new Map([...models].map(([model, prompts]) => [model, [...prompts.values()]]))
}

/** The calls of each model, by its id without its provider, as the journals intend them. */
function callsOf(journals: readonly Journal[]): ReadonlyMap<string, readonly Call[]> {
  const models = new Map<string, Call[]>()
  for (const segment of journals.flatMap(segmentsOf)) {
    const calls = new Map<string, Call>()
    for (const fact of segment.facts) {
      if (!('key' in fact) || fact.key === undefined || fact.shared !== undefined) continue
      if (fact.type === 'intended' && fact.kind === 'model' && !calls.has(fact.key)) {
        const call = { id: idOf(segment, fact.key), begun: 0, isOk: false }
        const model = fact.name.split('/').at(-1) ?? ''
        calls.set(fact.key, call)
        models.set(model, [...(models.get(model) ?? []), call])
      }
      const call = calls.get(fact.key)
      if (call === undefined) continue
      if (fact.type === 'begun') call.begun += 1
      if (fact.type === 'settled' && fact.attempt > 0 && fact.outcome.type === 'ok') call.isOk = true
    }
  }
  return models
}
