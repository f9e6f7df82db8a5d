import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { openRestate } from './open-restate.ts'
import type { RestateEngine } from './restate-engine.ts'
import type { RestateOptions } from './restate-options.ts'

/** An engine on a Restate server, with the time and randomness of this machine: `open({ engine: await restate({ … }) })`. */
export function restate(options: RestateOptions): Promise<RestateEngine> {
  return openRestate({ ...options, clock: nodeClock, random: nodeRandom, hash: nodeHash })
}
