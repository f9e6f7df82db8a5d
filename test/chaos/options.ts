/** What `npm run crash-report` can be told, checked before anything begins. */
import { parseArgs } from 'node:util'
import { RESTATE_SCENARIOS } from './restate/ground.ts'
import { SCENARIOS } from './scenarios.ts'
import { orUsage } from './usage.ts'
import type { Usage } from './usage.ts'
import { wholeNumber } from './whole-number.ts'

const WORKERS = 2
/** Rounds that share a server, and what happens to it. */
const LANES = 6

/** How it is called. */
export const USAGE = `npm run crash-report -- [options]
kills programs until the time is over or enough has been killed, and writes the report

  --seconds N        default 60
  --kills N          stop after so many
  --kills-per-run N  at most so many in one run; default 8
  --simulated N      and play so many crash points in the simulator
  --scenario NAME    only this one
  --seed N           one run of each, with this seed, and no report
  --workers N        so many runs at a time; default 2, on restate 6 of one scenario beside each other
  --engine restate   the scenarios on a Restate server, and docs/reports/crash-restate.md
  --resume FILE      where counts are kept; default: a file for this checkout, which is named
  --json             print the data instead of writing the report
  --help             this

scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}
on restate: ${RESTATE_SCENARIOS.map(({ name }) => name).join(', ')}`

/** What was asked for. */
export type Options = {
  readonly seconds: number
  readonly simulated: number
  readonly workers: number
  readonly isJson: boolean
  readonly kills?: number
  readonly killsPerRun?: number
  readonly seed?: number
  readonly scenario?: string
  readonly resume?: string
  /** Absent: the one over SQLite. */
  readonly engine?: 'restate'
}

/** Reads the words behind the program's name. */
export function readOptions(argv: readonly string[]): Options | Usage {
  return orUsage(USAGE, () => optionsOf(argv))
}

function optionsOf(argv: readonly string[]): Options | Usage {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: text,
      kills: text,
      'kills-per-run': text,
      simulated: text,
      scenario: text,
      engine: text,
      seed: text,
      workers: text,
      resume: text,
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return { usage: USAGE, exitCode: 0 }
  const { scenario, resume, engine } = values
  if (engine !== undefined && engine !== 'restate') throw new Error(`there is no campaign on the engine "${engine}"`)
  const known = engine === undefined ? SCENARIOS : RESTATE_SCENARIOS
  if (scenario !== undefined && !known.some(({ name }) => name === scenario))
    throw new Error(`there is no scenario "${scenario}"`)
  const number = (name: 'seconds' | 'kills' | 'kills-per-run' | 'simulated' | 'seed' | 'workers', least: number) =>
    wholeNumber(name, values[name], least)
  const [kills, killsPerRun, seed] = [number('kills', 1), number('kills-per-run', 1), number('seed', 0)]
  return {
    seconds: number('seconds', 0) ?? 60,
    simulated: number('simulated', 0) ?? 0,
    workers: number('workers', 1) ?? (engine === undefined ? WORKERS : LANES),
    isJson: values.json === true,
    ...(kills === undefined ? {} : { kills }),
    ...(killsPerRun === undefined ? {} : { killsPerRun }),
    ...(seed === undefined ? {} : { seed }),
    ...(scenario === undefined ? {} : { scenario }),
    ...(resume === undefined ? {} : { resume }),
    ...(engine === undefined ? {} : { engine }),
  }
}
