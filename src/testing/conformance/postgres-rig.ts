/** The Postgres engine on a server of one's own, in real time. Each rule has a schema of its own. */
import { nodeClock, nodeHash, nodeRandom, openPostgres } from '../../engine/index.ts'
import type { PostgresEngine } from '../../engine/index.ts'
import { gather } from '../simulation/gather.ts'
import { askPostgres, dropSchema } from './ask-postgres.ts'
import type { OpenRig } from './engine-rig.ts'
import type { LocalPostgres } from './postgres-server.ts'

const TURN_MS = 2
let installations = 0

/** Opens the Postgres engine for the conformance suite. */
export function postgresRig(server: () => Promise<LocalPostgres>): OpenRig {
  return async (use) => {
    const { url } = await server()
    const schema = `rig_${process.pid}_${++installations}`
    const engines: PostgresEngine[] = []
    let engine: PostgresEngine | undefined
    const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => nodeClock.timer(delayMs, resolve))
    const opened = async (): Promise<PostgresEngine> => {
      const ports = { clock: nodeClock, random: nodeRandom, hash: nodeHash }
      const one = await openPostgres({ connectionString: url, schema, timeoutMs: 10_000, ...ports })
      engines.push(one)
      return one
    }
    const crash = async (): Promise<void> => {
      engine?.abandon()
      engine = undefined
      await askPostgres(url, `delete from ${schema}.member`)
    }
    try {
      await use({
        async open() {
          await engine?.[Symbol.asyncDispose]()
          return (engine = await opened())
        },
        crash,
        rejoins: true,
        async usurp() {
          const old = engine?.member
          const usurper = await opened()
          // The lease of the worker before has run out.
          await askPostgres(url, `delete from ${schema}.member where id = ${old}`)
          return usurper
        },
        turn: () => sleep(TURN_MS),
        sleep,
        now: () => nodeClock.now(),
        async offences() {
          if (engine === undefined) return ['no engine is open']
          return (await gather(engine.verify())).map(({ pid, n, problem }) => `${pid}, frame ${n}: ${problem}`)
        },
      })
    } finally {
      for (const one of engines) one.abandon()
      await dropSchema(url, schema)
    }
  }
}
