/** Compares what a run says with what the outside ledger saw. */
import type { Fact } from '../../kernel/index.ts'
import { conservationOffences } from '../oracle/conservation.ts'
import { factsOf, idOf, segmentsOf } from '../oracle/journal.ts'
import type { Journal, Segment } from '../oracle/journal.ts'
import { journalOffences } from '../oracle/journal-laws.ts'
import { messageOffences } from '../oracle/message-laws.ts'
import { MODEL_KEY } from './ledger-entry.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import { promptsBeyond, repeatedModelCalls, skippedModelCalls } from './model-verdict.ts'
import { approvalOffences } from './approval-verdict.ts'

/** A run that has ended: its result, the journals of its processes, and what the ledger has of it. */
export type Evidence = {
  readonly result: unknown
  readonly journals: readonly Journal[]
  readonly entries: readonly LedgerEntry[]
  /** Tools that somebody has to agree to. */
  readonly approved?: readonly string[]
}

/** What a run got wrong, in the words of the promise, one line each; and what it did openly. */
export type Verdict = {
  readonly lost: readonly string[]
  readonly wrong: readonly string[]
  readonly repeated: readonly string[]
  /** Repeated without a word of it in the journal. */
  readonly silent: readonly string[]
  readonly skipped: readonly string[]
  readonly unsound: readonly string[]
  readonly effects: number
  readonly repeatedKeyed: number
  /** Effects with an outcome that nobody knew. */
  readonly inDoubt: number
  readonly resolved: number
  readonly reconciled: number
}

/** Judges a run that was killed by one that was not. */
export function judgeRun(killed: Evidence, clean: Evidence): Verdict {
  const { journals, entries, approved = [] } = killed
  const [told, right] = [killed, clean].map(({ result }) => JSON.stringify(result))
  const records = recordsOf(journals)
  return {
    lost: [
      ...excess(contents(clean.entries), contents(entries)).map((what) => `lost: ${what}`),
      ...lostReads(entries, clean.entries),
      ...promptsBeyond(clean.entries, entries).map((what) => `lost: ${what} was seen uninterrupted only`),
    ],
    wrong: [
      ...(told === right ? [] : [`wrong: the result is ${told}, uninterrupted it is ${right}`]),
      ...promptsBeyond(entries, clean.entries).map((what) => `wrong: ${what} was never seen uninterrupted`),
    ],
    repeated: [
      ...excess(contents(entries), contents(clean.entries)).map((what) => `repeated: ${what}`),
      ...repeats(entries, records),
    ],
    silent: [...silentRepeats(entries, records), ...repeatedModelCalls(journals, entries)],
    skipped: [...silentSkips(entries, records), ...skippedModelCalls(journals, entries)],
    unsound: [
      ...journals.flatMap(journalOffences),
      ...messageOffences(journals, () => 0),
      ...conservationOffences(journals, ['toolCalls', 'processes', 'modelCalls']),
      ...approvalOffences(journals, approved),
    ],
    effects: records.size,
    repeatedKeyed: entries.filter(({ what }) => what === 'known').length,
    inDoubt: journals.reduce((sum, { facts }) => sum + factsOf(facts, 'unknown').length, 0),
    resolved: journals.reduce((sum, { facts }) => sum + factsOf(facts, 'resolved').length, 0),
    reconciled: entries.filter(({ what }) => what === 'looked').length,
  }
}

type EffectRecord = { begun: number; again: number; isModel: boolean; isOk: boolean }

/** What the journals say of each effect, by its idempotency key. */
function recordsOf(journals: readonly Journal[]): ReadonlyMap<string, EffectRecord> {
  const records = new Map<string, EffectRecord>()
  for (const segment of journals.flatMap(segmentsOf)) for (const fact of segment.facts) note(records, segment, fact)
  return records
}

function note(records: Map<string, EffectRecord>, segment: Segment, fact: Fact): void {
  // What a fork shares was its origin's to do.
  if (!('key' in fact) || fact.key === undefined || fact.shared !== undefined) return
  const id = idOf(segment, fact.key)
  if (fact.type === 'intended' && fact.class !== 'local' && !records.has(id))
    records.set(id, { begun: 0, again: 0, isModel: fact.kind === 'model', isOk: false })
  const record = records.get(id)
  if (record === undefined) return
  if (fact.type === 'begun') record.begun += 1
  if (fact.type === 'resolved' && fact.how === 'again') record.again += 1
  // Attempt 0: the gate answered, and nothing was to be done.
  const isOver = (fact.type === 'settled' && fact.attempt > 0) || fact.type === 'resolved'
  if (isOver && fact.outcome?.type === 'ok') record.isOk = true
}

const count = (entries: readonly LedgerEntry[], what: LedgerEntry['what'], key: string): number =>
  entries.filter((entry) => entry.what === what && entry.key === key).length

/** What was done to the world, and how often, whatever the key. */
function contents(entries: readonly LedgerEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { what, inert, tool, input } of entries) {
    if (what !== 'done' || inert) continue
    const content = `${tool} ${JSON.stringify(input)}`
    counts.set(content, (counts.get(content) ?? 0) + 1)
  }
  return counts
}

/** Reads that an uninterrupted run does, and this one never did: they may be repeated, and not be left out. */
function lostReads(entries: readonly LedgerEntry[], clean: readonly LedgerEntry[]): readonly string[] {
  const [here, there] = [entries, clean].map(
    (all) =>
      new Set(
        all
          .filter(({ what, inert, key }) => what === 'done' && inert && key !== MODEL_KEY)
          .map(({ tool, input }) => `${tool} ${JSON.stringify(input)}`),
      ),
  )
  return [...(there ?? [])]
    .filter((read) => here?.has(read) !== true)
    .map((read) => `lost: ${read} was never read here`)
}

function excess(more: ReadonlyMap<string, number>, less: ReadonlyMap<string, number>): readonly string[] {
  return [...more].flatMap(([content, n]) => {
    const other = less.get(content) ?? 0
    return n > other ? [`${content} was done ${n} times here and ${other} times there`] : []
  })
}

/** A write that was executed twice under one key, although nobody said `again`. */
function repeats(entries: readonly LedgerEntry[], records: ReadonlyMap<string, EffectRecord>): readonly string[] {
  const keys = new Set(entries.filter(({ inert }) => !inert).map(({ key }) => key))
  return [...keys].flatMap((key) => {
    const done = count(entries, 'done', key)
    return done > 1 + (records.get(key)?.again ?? 0) ? [`repeated: ${key} was executed ${done} times`] : []
  })
}

/** Requests that arrived without an attempt in a journal. */
function silentRepeats(entries: readonly LedgerEntry[], records: ReadonlyMap<string, EffectRecord>): readonly string[] {
  const keys = new Set(entries.filter(({ what, key }) => what === 'begun' && key !== MODEL_KEY).map(({ key }) => key))
  return [...keys].flatMap((key) => {
    const asked = count(entries, 'begun', key)
    const attempts = records.get(key)?.begun ?? 0
    return asked > attempts ? [`silent: ${key} was asked ${asked} times, and its journal says ${attempts}`] : []
  })
}

/** Effects that the journal says were done, of which the ledger knows nothing. */
function silentSkips(entries: readonly LedgerEntry[], records: ReadonlyMap<string, EffectRecord>): readonly string[] {
  return [...records].flatMap(([key, { isOk, isModel }]) =>
    isOk && !isModel && count(entries, 'done', key) === 0
      ? [`skipped: ${key} is done in its journal, and the ledger has nothing of it`]
      : [],
  )
}
