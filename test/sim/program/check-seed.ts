/** Plays a seed and throws what broke, with the line that reproduces it. */
import { SimulationFailed } from '../../../src/testing/index.ts'
import { play } from './play.ts'
import type { More, Played, Power } from './play.ts'
import { report } from './seeds.ts'

/** Plays a seed; throws the line that reproduces a failure. */
export async function checkSeed(seed: number, power: Power, more: More = {}): Promise<Played> {
  let played: Played
  try {
    played = await play(seed, power, more)
  } catch (error) {
    if (error instanceof SimulationFailed) throw new Error(report(seed, [error.message], error.trace), { cause: error })
    throw error
  }
  if (played.offences.length > 0)
    throw new Error(
      report(seed, [...played.offences, ...(power === 'by seed' ? [] : [JSON.stringify(power)])], played.trace),
    )
  return played
}
