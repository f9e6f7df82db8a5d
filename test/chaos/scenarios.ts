/**
 * What is run, and how it is disturbed. What the ledger must show is the same for all: nothing lost, wrong, repeated or
 * skipped in silence.
 */
import type { Disturbance } from './disturb/disturbance.ts'
import { canMount, fullDisks } from './disturb/full-disk.ts'
import { kills, usualFate } from './disturb/kills.ts'
import { deploys, freezes } from './disturb/owners.ts'
import { everyByte } from './disturb/every-byte.ts'
import { powerCuts } from './disturb/power-cut.ts'
import type { ProgramName } from './programs/index.ts'

const HOUR_MS = 3_600_000

/** A program, and its disturbance. */
export type Scenario = {
  readonly name: string
  readonly says: string
  readonly program: ProgramName
  readonly disturb: Disturbance
  /** It takes so long that it has one run where others have so many. */
  readonly every?: number
  /** False where this machine can't. */
  readonly canRun?: (folder: string) => boolean
}

const killed = (name: string, program: ProgramName, says: string, every = 1): Scenario => ({
  name,
  says,
  program,
  disturb: kills(),
  every,
})

const clockJumps = kills({
  fate: (subject) => {
    // A clock that was set back makes a sleeper wait for an hour: such a life is killed by the clock at the latest.
    const { fatal } = subject.random.chance(0.5) ? usualFate({ ...subject, n: 0 }, 1) : {}
    const afterMs = subject.random.between(0, subject.ms)
    // Set back against the life before it, it may never come to that commit.
    return fatal === undefined ? { afterMs } : { fatal, afterMs: 2 * subject.ms + afterMs }
  },
  order: ({ random }, { fatal, afterMs }) => {
    const isLast = fatal === undefined && afterMs === undefined
    if (isLast) return { skewMs: 3 * HOUR_MS }
    return { skewMs: random.between(fatal === undefined ? -HOUR_MS : HOUR_MS, 2 * HOUR_MS) }
  },
})

const slowDisk = kills({ order: () => ({ slow: { every: 12, msMax: 2_500 } }) })

/** All of them. */
export const SCENARIOS: readonly Scenario[] = [
  killed('serial-tools', 'serial-tools', 'tools and steps of every class, one after the other'),
  killed('parallel-tools', 'parallel-tools', '`all`, `map`, `race` and plain `Promise.all` over tools of every class'),
  killed('sub-agents', 'assistant', 'an agent with parallel tools, an agent below it, and an approval'),
  killed(
    'approvals',
    'approvals',
    'approvals, a question, a budget that is topped up, a letter sent again in every life',
  ),
  killed('timers', 'timers', 'sleeps, deadlines met and missed, sleeping children, a segment a round'),
  killed('mailboxes', 'mailboxes', 'messages to and fro, `call` and `reply`, segments'),
  killed('unknown-outcomes', 'doubts', 'writes that time out while they are under way, with `reconcile` and without'),
  killed(
    'cancel',
    'cancels',
    'a child and the run itself cancelled in the middle, with compensations; losers of a race',
  ),
  killed('fork', 'forks', 'forks of a child that runs and of one that has ended, with live and stubbed writes'),
  killed('upgrade', 'upgrade', 'a workflow and an agent whose code is another one after the first kill'),
  killed('compaction', 'compaction', 'a conversation that is compacted again and again', 2),
  killed('long-conversation', 'long-conversation', 'an agent of 40 steps', 2),
  killed('blobs', 'blobs', 'inputs, results and messages of 50 KB to 1.5 MB', 2),
  killed('two-hundred', 'many', '200 processes at once, two writes each', 6),
  {
    name: 'hand-over',
    says: 'a server redeployed again and again; the old one, the new one or both are killed meanwhile',
    program: 'jobs',
    disturb: deploys,
  },
  {
    name: 'frozen-owner',
    says: 'the owner stopped (SIGSTOP) while another one waits; then killed, or made to go on',
    program: 'jobs',
    disturb: freezes,
  },
  {
    name: 'clock-jumps',
    says: 'every life has a clock that is off by up to two hours, forward or back',
    program: 'timers',
    disturb: clockJumps,
    every: 2,
  },
  {
    name: 'slow-disk',
    says: 'one commit of twelve takes up to 2.5 s',
    program: 'parallel-tools',
    disturb: slowDisk,
    every: 6,
  },
  {
    name: 'full-disk',
    says: 'a file system of its own (tmpfs) that is full at a random moment, and has a little more room in the next life',
    program: 'parallel-tools',
    disturb: fullDisks,
    every: 2,
    canRun: canMount,
  },
  {
    name: 'power-cut',
    says: 'killed after a commit, whose bytes in the log are then cut, flipped, zeroed or garbled',
    program: 'parallel-tools',
    disturb: powerCuts,
  },
  {
    name: 'every-byte',
    says: 'the log of a killed life, cut and flipped at every byte of its last commit and read, and at some of them opened by a host',
    program: 'serial-tools',
    disturb: everyByte,
    every: 24,
  },
]
