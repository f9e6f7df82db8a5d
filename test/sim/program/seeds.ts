/** Which seeds a run plays, and how a failing one is reported. */
import { RICH_SEEDS } from './play.ts'
import type { Played } from './play.ts'

const SEEDS_DEFAULT = 1_000
const SEED_SPAN = 1_000_000_000
const TRACE_LINES_SHOWN = 60
const OFFENCES_SHOWN = 5

const only = process.env['SEED']
const count = Number(process.env['SEEDS'] ?? SEEDS_DEFAULT)
/** A build on CI is red for what was changed, not for what was drawn: it plays the same seeds each time. */
const first = process.env['CI'] === undefined ? Math.floor(Math.random() * SEED_SPAN) : 1
/** Every other seed is of the richer language. */
const seedAt = (i: number): number => first + i + (i % 2 === 0 ? 0 : RICH_SEEDS)

/** One seed alone, by `SEED=8713 npm run sim`. */
export const onlySeed = only === undefined ? undefined : Number(only)

/** `share` of the seeds of this run: other ones in each, unless one is asked for. */
export function seedsOfRun(share: number): readonly number[] {
  if (onlySeed !== undefined) return [onlySeed]
  return Array.from({ length: Math.max(1, Math.round(count * share)) }, (_, i) => seedAt(i))
}

/** The line that reproduces a failure, then what broke. */
export function report(seed: number, offences: readonly string[], trace: readonly string[]): string {
  const shown = onlySeed === undefined ? [] : trace.slice(-TRACE_LINES_SHOWN)
  return [`SEED=${seed} npm run sim`, ...offences.slice(0, OFFENCES_SHOWN), ...shown].join('\n')
}

/** Sums over many seeds. */
export class Tally {
  seeds = 0
  #crashes = 0
  #facts = 0
  #writes = 0
  #repeated = 0

  add({ crashes, facts, writes, repeatedShown }: Played): void {
    this.seeds += 1
    this.#crashes += crashes
    this.#facts += facts
    this.#writes += writes
    this.#repeated += repeatedShown
  }

  get text(): string {
    return (
      `${this.seeds} runs, ${this.#crashes} crashes, ${this.#facts} facts, ${this.#writes} writes, ` +
      `${this.#repeated} of them repeated and shown; lost, wrong, repeated or skipped in silence: 0`
    )
  }
}
