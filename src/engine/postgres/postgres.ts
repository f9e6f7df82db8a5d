import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { openPostgres } from './open-postgres.ts'
import type { PostgresEngine, PostgresOptions } from './open-postgres.ts'

/** An engine on a Postgres database, with the time and randomness of this machine: `open({ engine: await postgres({ … }) })`. */
export function postgres(options: PostgresOptions): Promise<PostgresEngine> {
  return openPostgres({ ...options, clock: nodeClock, random: nodeRandom, hash: nodeHash })
}
