/**
 * A journal without what people and tools have said, against which code can be tried as against the journal itself.
 *
 * Values are replaced (`masker.ts`), keys are made anew by running the code over the masked values (`call-sequence.ts`),
 * and what comes out is tried: unless the code finds all of it again, nothing of the journal is given out.
 */
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { Fact } from '../journal/facts.ts'
import { valueOf } from '../journal/outcome.ts'
import type { Carried } from '../processes/carried.ts'
import { ProcessState } from '../processes/process-state.ts'
import { askedKey } from '../upgrade/adoption.ts'
import type { UpgradeReport } from '../upgrade/report.ts'
import { idleDeps, restingActivation, tryCode } from '../upgrade/try-code.ts'
import type { TrialPorts } from '../upgrade/try-code.ts'
import { callSequence } from './call-sequence.ts'
import type { CallSequence } from './call-sequence.ts'
import { Likeness } from './likeness.ts'
import { maskedFact } from './masked-fact.ts'
import type { Rekeying } from './masked-fact.ts'
import { Masker } from './masker.ts'
import { movedKey, ownerOf } from './move-records.ts'
import type { Pseudonyms } from './pseudonym.ts'

/** What is masked: a journal, and the code that it runs. */
export type ToMask = {
  readonly pid: Pid
  /** From the birth on, or the birth and the open segment. */
  readonly facts: readonly Fact[]
  readonly definition: AnyDefinition
  /** More text of the code, beside the definition's own: what it quotes is not masked. */
  readonly sources: readonly string[]
}

/** The masked journal, or why there is none, in words that quote nothing of it. */
export type MaskedJournal =
  | { readonly ok: true; readonly pid: Pid; readonly facts: readonly Fact[] }
  | { readonly ok: false; readonly pid: Pid; readonly why: string }

/** Masks a journal. Never rejects for what a journal holds. */
export async function maskJournal(of: ToMask, pseudonyms: Pseudonyms, ports: TrialPorts): Promise<MaskedJournal> {
  const masker = maskerOf(of, pseudonyms)
  const pid = masker.pid(of.pid)
  const unmaskable = (why: string): MaskedJournal => ({ ok: false, pid, why })
  try {
    const [first] = of.facts
    if (first?.type === 'born' && first.fork !== undefined)
      return unmaskable('it is a fork, which holds a part of another journal')
    const real = await tryCode(of, ports)
    if (real.outcome !== 'identical') return unmaskable('its own code does not ask for all that was done')
    const facts = await maskedFacts(of, { masker, pid, ports })
    if (facts === undefined) return unmaskable(DEPENDS)
    const masked = await tryCode({ pid, facts, definition: of.definition }, ports)
    return isSame(real, masked) ? { ok: true, pid, facts } : unmaskable(DEPENDS)
  } catch (thrown) {
    const { code } = toSkeinError(thrown)
    return unmaskable(code === 'WORKFLOW_DIVERGED' ? DEPENDS : `with masked values its code stops with ${code}`)
  }
}

const DEPENDS = 'what its code asks for depends on a value that would be masked'

function isSame(real: UpgradeReport, masked: UpgradeReport): boolean {
  const kinds = ({ misses }: UpgradeReport): string => misses.map(({ kind }) => kind).join()
  return masked.outcome === real.outcome && masked.hits === real.hits && kinds(masked) === kinds(real)
}

type About = { readonly masker: Masker; readonly pid: Pid; readonly ports: TrialPorts }

async function maskedFacts(of: ToMask, { masker, pid, ports }: About): Promise<readonly Fact[] | undefined> {
  const sameKeys: Rekeying = { masker, key: (key) => key, asks: new Map() }
  const valuesOnly = of.facts.map((fact) => maskedFact(fact, sameKeys))
  // The slots of an agent are counted, not made of values.
  if (of.definition.kind === 'agent') return valuesOnly
  const sequenceOf = (who: Pid, facts: readonly Fact[], real?: CallSequence): Promise<CallSequence> => {
    const state = new ProcessState()
    for (const fact of facts) state.apply(fact)
    if (state.born === undefined)
      throw new SkeinError('DATA_FOLDER_CORRUPT', 'the journal does not begin with its birth')
    const act = restingActivation(who, state.born, facts)
    return callSequence({ act, deps: idleDeps(ports), state, definition: of.definition }, real?.calls)
  }
  const real = await sequenceOf(of.pid, of.facts)
  const masked = await sequenceOf(pid, valuesOnly, real)
  if (!areSameRuns(real, masked, new Likeness(of.facts, valuesOnly, masker))) return undefined
  const keys = new Map(real.calls.map(({ key }, i) => [key, masked.calls[i]?.key ?? key]))
  const key = (old: EffectKey): EffectKey => {
    const owner = ownerOf(old)
    if (owner === '') return old
    const asked = keys.get(askedKey(owner))
    if (asked === undefined) throw new SkeinError('WORKFLOW_DIVERGED', 'something was recorded that no call asks for')
    return movedKey(old, asked)
  }
  return of.facts.map((fact) => maskedFact(fact, { masker, key, asks: masked.known }))
}

function areSameRuns(real: CallSequence, masked: CallSequence, likeness: Likeness): boolean {
  if (masked.calls.length !== real.calls.length || masked.end !== real.end) return false
  if (masked.texts.length !== real.texts.length) return false
  return (
    real.calls.every(({ key }, i) => likeness.areAlike(key, masked.calls[i]?.key ?? '')) &&
    real.texts.every((text, i) => likeness.areAlikeText(text, masked.texts[i] ?? ''))
  )
}

function maskerOf({ pid, facts, definition, sources }: ToMask, pseudonyms: Pseudonyms): Masker {
  const names = new Set([definition.name])
  const children = new Set<string>()
  for (const fact of facts) {
    if (fact.type === 'born') {
      names.add(fact.root)
      for (const one of [pid, fact.parent?.pid ?? fact.root]) if (one !== fact.root) children.add(one)
    }
    if (fact.type === 'intended' && fact.kind !== 'step') names.add(fact.name)
    if (fact.type === 'sent' && fact.what === 'start') {
      children.add(fact.to)
      if (fact.name !== undefined) names.add(fact.name)
    }
    if (fact.type === 'snapshot' && fact.carried.erased !== true)
      for (const child of (valueOf(fact.carried) as Carried).children) children.add(child.pid)
  }
  return new Masker({ pseudonyms, names, children, sources: [definition.source, ...sources] })
}
