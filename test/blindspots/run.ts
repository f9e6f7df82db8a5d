/** What the programs of a blind-spot run begin with. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { hashOf } from '../../examples/01-blindspots/code/propose.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { freezeOnce, trialsOf } from './frozen.ts'
import type { FrozenCode } from './frozen.ts'
import { PAUSE_LOOK_MS, SEEDS_JUDGE } from './limits.ts'
import { readTrials } from './records.ts'
import type { Trial } from './records.ts'
import { readData, readExplanations } from './kept.ts'
import { sampleOf, survivorsNow } from './sample.ts'

const ID_DIGITS = 8

/** A run that goes on: its code, its changes, and what is known of them. */
export type Run = {
  readonly folder: string
  readonly frozen: FrozenCode
  readonly changes: readonly Proposal[]
  readonly known: ReadonlyMap<string, Trial>
  readonly scratch: string
  /** What of the changes, or of files of tests, is this process's share, where several share the work. */
  readonly isOwn: (change: Proposal) => boolean
  readonly isOwnShare: (file: string) => boolean
  /** The file of verdicts. */
  readonly trials: string
  /** Waits while somebody wants a pause; true when the time is up. */
  readonly isTimeUp: () => Promise<boolean>
}

/** Reads what `main.ts` has said, and makes the copy if there is none. */
export async function beginRun(): Promise<Run> {
  const {
    scratch = '',
    seconds = 'Infinity',
    again = false,
    pause,
    lane = '0',
    lanes = '1',
  } = parseArgs({
    options: {
      scratch: { type: 'string' },
      seconds: { type: 'string' },
      again: { type: 'boolean' },
      pause: { type: 'string' },
      lane: { type: 'string' },
      lanes: { type: 'string' },
    },
  }).values
  const until = performance.now() + Number(seconds) * 1_000
  process.env['CI'] = '1'
  process.env['SEEDS'] = String(SEEDS_JUDGE)
  const isPaused = (): boolean => pause !== undefined && existsSync(pause)
  const folder = join(import.meta.dirname, '..', '..')
  const frozen = await freezeOnce(folder, scratch, false)
  const trials = trialsOf(scratch)
  const isShare = (id: string): boolean => Number.parseInt(id.slice(0, ID_DIGITS), 16) % Number(lanes) === Number(lane)
  return {
    folder,
    scratch,
    frozen,
    changes: await keptIn(join(scratch, 'sample.json'), () =>
      again ? survivorsNow(frozen.base, readData()?.changes ?? [], readExplanations()) : sampleOf(frozen.base),
    ),
    isOwn: ({ id }) => isShare(id),
    isOwnShare: (file) => isShare(hashOf(file)),
    known: readTrials(trials),
    trials,
    isTimeUp: async () => {
      while (isPaused() && performance.now() <= until) await setTimeout(PAUSE_LOOK_MS)
      return performance.now() > until
    },
  }
}

/** What was chosen is looked for once: each program of a run would need seconds for it. */
async function keptIn<T>(path: string, make: () => Promise<T>): Promise<T> {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T
  const made = await make()
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(made))
  renameSync(`${path}.${process.pid}`, path)
  return made
}
