/** A process that plays seeds of the simulator's random programs, and prints what came of each stretch. */
import { writeSync } from 'node:fs'
import { checkSeed } from '../../sim/program/check-seed.ts'
import { RICH_SEEDS } from '../../sim/program/play.ts'

const STRETCH = 50

/** A stretch of seeds. */
export type Stretch = {
  readonly next: number
  readonly programs: number
  readonly crashes: number
  readonly facts: number
  readonly writes: number
  readonly repeatedShown: number
  readonly failures: readonly string[]
}

const [first = '1', stride = '1'] = process.argv.slice(2)
for (let at = Number(first); ;) {
  const sum = { programs: 0, crashes: 0, facts: 0, writes: 0, repeatedShown: 0 }
  const failures: string[] = []
  for (; sum.programs < STRETCH; at += Number(stride)) {
    try {
      // Every other seed is of the richer language.
      const { crashes, facts, writes, repeatedShown } = await checkSeed(at + (at % 2 === 0 ? RICH_SEEDS : 0), 'by seed')
      sum.crashes += crashes
      sum.facts += facts
      sum.writes += writes
      sum.repeatedShown += repeatedShown
    } catch (thrown) {
      failures.push(String(thrown))
    }
    sum.programs += 1
  }
  writeSync(1, `${JSON.stringify({ ...sum, next: at, failures } satisfies Stretch)}\n`)
}
