/** What the processes of a run hand to each other; all of it is data. */
import { z } from 'zod'
import { WITNESSES_KEPT_MAX } from '../limits.ts'

/** What a run is asked for. */
export const Request = z.object({
  folder: z.string(),
  argv: z.array(z.string()).min(1),
  only: z.array(z.string()),
  budgetMs: z.int().positive(),
  workers: z.int().positive(),
  /** Whether the tests may reach the network; where the machine cannot take it away, they can. */
  network: z.boolean(),
  /** Where the copies are kept. */
  scratch: z.string(),
  report: z.string(),
  /** Who writes tests for what went unnoticed; nobody when absent. And how long that may take. */
  model: z.string().optional(),
  writingMs: z.int().optional(),
})
export type Request = z.infer<typeof Request>

/** Where the code of a run is: the folder it came from, and the frozen copy. */
export const Code = z.object({ folder: z.string(), scratch: z.string(), fingerprint: z.string() })
export type Code = z.infer<typeof Code>

/** One change to one line; see `Proposal` of the proposer. */
export const Change = z.object({
  id: z.string(),
  file: z.string(),
  line: z.int(),
  column: z.int(),
  operator: z.string(),
  before: z.string(),
  after: z.string(),
  start: z.int(),
})
export type Change = z.infer<typeof Change>

/** How the tests are run in a scratch copy, and how long they may take. */
export const Tests = z.object({ argv: z.array(z.string()), testMs: z.int(), network: z.boolean() })
export type Tests = z.infer<typeof Tests>

/** `green`: the tests passed. Everything else is a way to notice. */
export const Verdict = z.enum(['green', 'red', 'time', 'output', 'memory'])
export type Verdict = z.infer<typeof Verdict>

/** A change that nobody noticed, twice. */
export const Survivor = z.object({
  change: Change,
  /** The changed lines, before and after. */
  was: z.string(),
  is: z.string(),
  /** The processes that ran the tests: of the trial, and of the judge. */
  trial: z.string(),
  judge: z.string(),
})
export type Survivor = z.infer<typeof Survivor>

/** What came of trying changes; sums up by addition. */
export const Tally = z.object({
  tried: z.int(),
  noticed: z.int(),
  /** Green at first, red when the judge looked again: the tests themselves waver. */
  wavered: z.int(),
  /** Proposals that were no programs; nothing was run. */
  dropped: z.int(),
  /** Could not be tried, with the reason of the first. */
  failed: z.int(),
  why: z.string().optional(),
  survivors: z.array(Survivor),
  /** Some noticed changes of each file, by which a later test can show that it keeps no other from running. */
  witnesses: z.array(Change).optional(),
})
export type Tally = z.infer<typeof Tally>

export const NOTHING_TRIED: Tally = { tried: 0, noticed: 0, wavered: 0, dropped: 0, failed: 0, survivors: [] }

/** Two tallies in one. */
export function added(a: Tally, b: Tally): Tally {
  const why = a.why ?? b.why
  const witnesses = [...(a.witnesses ?? []), ...(b.witnesses ?? [])]
  return {
    tried: a.tried + b.tried,
    noticed: a.noticed + b.noticed,
    wavered: a.wavered + b.wavered,
    dropped: a.dropped + b.dropped,
    failed: a.failed + b.failed,
    survivors: [...a.survivors, ...b.survivors],
    ...(why === undefined ? {} : { why }),
    ...(witnesses.length === 0 ? {} : { witnesses: spread(witnesses) }),
  }
}

/** One per line, and a few per file. */
function spread(changes: readonly Change[]): Change[] {
  const first = (groups: Map<string, Change[]>, most: number): Change[] =>
    [...groups.values()].flatMap((group) => group.slice(0, most))
  const perLine = first(
    Map.groupBy(changes, ({ file, line }) => `${file}:${line}`),
    1,
  )
  return first(
    Map.groupBy(perLine, ({ file }) => file),
    WITNESSES_KEPT_MAX,
  )
}
