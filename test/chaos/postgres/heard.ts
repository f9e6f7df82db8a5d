/**
 * P9 on Postgres: stop, steer and cancel reach a process at any moment of its life, spoken through one worker while another
 * one runs it.
 */
import { loadavg } from 'node:os'
import { hear } from '../../../bench/cells/steering/hear.ts'
import { postgres } from '../../../src/engine/index.ts'
import type { Engine, PostgresEngine } from '../../../src/engine/index.ts'
import { postgresPrograms, startPostgres } from '../../../src/testing/conformance/postgres-server.ts'

/** What was heard, and how late: from the word to the fact. */
export type Heard = {
  readonly tries: number
  readonly missed: readonly string[]
  readonly lateMs: Readonly<Record<'p50' | 'p99' | 'worst', number>>
  /** Programs that wanted a processor, over the last minute, before and after: times mean nothing without it. */
  readonly load?: readonly [before: number, after: number]
}

/** Tries so often. */
export async function heardOnPostgres(tries: number): Promise<Heard> {
  const before = loadOf()
  await using server = await startPostgres(postgresPrograms() ?? '')
  const address = { connectionString: server.url }
  await using speaker = await postgres({ ...address, name: 'speaker' })
  const found = await hear(tries, async () => spokenThrough(await postgres({ ...address, name: 'worker' }), speaker))
  const lateMs = Object.values(found.lateMs)
    .flat()
    .toSorted((a, b) => a - b)
  const at = (share: number): number => lateMs[Math.min(lateMs.length - 1, Math.floor(lateMs.length * share))] ?? 0
  return {
    tries,
    missed: [...found.missed, ...found.offences],
    lateMs: { p50: at(0.5), p99: at(0.99), worst: at(1) },
    load: [before, loadOf()],
  }
}

const loadOf = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10

/** The engine of a worker, but what is said to processes is said by another one. */
function spokenThrough(worker: PostgresEngine, speaker: Engine): Engine {
  return new Proxy<Engine>(worker, {
    get(target, name) {
      const of = name === 'control' || name === 'deliver' ? speaker : target
      const member: unknown = Reflect.get(of, name, of)
      return typeof member === 'function' ? (member as (...given: unknown[]) => unknown).bind(of) : member
    },
  })
}
