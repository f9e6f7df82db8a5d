/** What `npm run crash-postgres` can be told, checked before anything begins. */
import { parseArgs } from 'node:util'
import { orUsage } from '../usage.ts'
import type { Usage } from '../usage.ts'
import { wholeNumber } from '../whole-number.ts'
import { KINDS } from './harm.ts'
import type { Kind } from './harm.ts'

const NAMES = Object.keys(KINDS) as Kind[]

/** How it is called. */
export const USAGE = `npm run crash-postgres -- [options]
harms workers and their Postgres server until the time is over, judges every round, and writes the report

  --seconds N  default 60
  --kind NAME  only this one
  --seed N     one round of each, with this seed; it counts nothing, but answers a round that was not judged
  --heard N    instead: stop, steer and cancel, so often
  --help       this

kinds: ${NAMES.join(', ')}`

/** What was asked for. */
export type Options = {
  readonly seconds: number
  readonly kinds: readonly Kind[]
  readonly seed?: number
  readonly heard?: number
}

/** Reads the words behind the program's name. */
export function readOptions(argv: readonly string[]): Options | Usage {
  return orUsage(USAGE, () => optionsOf(argv))
}

function optionsOf(argv: readonly string[]): Options | Usage {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { seconds: text, kind: text, seed: text, heard: text, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) return { usage: USAGE, exitCode: 0 }
  const kinds = NAMES.filter((kind) => values.kind === undefined || values.kind === kind)
  if (kinds.length === 0) throw new Error(`there is no kind "${values.kind}"`)
  const seed = wholeNumber('seed', values.seed, 0)
  const heard = wholeNumber('heard', values.heard, 1)
  return {
    seconds: wholeNumber('seconds', values.seconds, 1) ?? 60,
    kinds,
    ...(seed === undefined ? {} : { seed }),
    ...(heard === undefined ? {} : { heard }),
  }
}
