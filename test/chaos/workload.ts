/** One life of a program: opens the folder, goes on where the last life was killed, prints the result. */
import { writeSync } from 'node:fs'
import { open } from 'skein'
import { nodeHash, readEmbedded, restate } from '../../src/engine/index.ts'
import { dieAtCommit } from '../../src/testing/crash/fatal-commit.ts'
import type { LifeOrder, Said } from './life-order.ts'
import { attend } from './operator.ts'
import { PROGRAMS } from './programs/index.ts'
import { skewClock, slowCommits } from './weather.ts'

const WAIT_MS_MAX = 30_000
/** What a store says that can't go on. */
const STORE_CODES = ['STORE_FULL', 'STORE_FAILED', 'ENGINE_CLOSED']

const order = JSON.parse(process.env['CHAOS_LIFE'] ?? '{}') as LifeOrder
const { folder, life, handOver = false } = order
const program = PROGRAMS[order.program]

if (order.skewMs !== undefined) skewClock(order.skewMs)
if (order.slow !== undefined) slowCommits(order.slow)
const commits = dieAtCommit(order.fatal)
// From here on there is something to kill.
writeSync(1, 'begun\n')

async function live(): Promise<Said> {
  const engine = order.engine === undefined ? undefined : await restate(order.engine.options)
  await using skein = await open({
    data: folder,
    ...(engine === undefined ? {} : { engine }),
    models: {},
    workflows: program.definitions(life),
    ...(handOver ? { handOver } : { wait: WAIT_MS_MAX }),
  })
  using reader = engine === undefined ? readEmbedded(folder, nodeHash) : undefined
  const over = new AbortController()
  const operator =
    program.isAttended === false
      ? new Promise<never>(() => {})
      : attend(skein, reader ?? engine!, { signal: over.signal, isOnServer: engine !== undefined })
  operator.catch(() => undefined)
  const left = skein.closed.then((): Said => ({ left: true }))
  const played = program.play({ skein, life }).then(
    (result): Said => ({ result, commits: commits.count() }),
    // Asked to leave meanwhile: then it has left in a moment.
    (thrown: { readonly code?: string }) =>
      handOver && thrown.code === 'ENGINE_CLOSED' ? left : Promise.reject(thrown),
  )
  played.catch(() => undefined)
  const said = await Promise.race([left, played, operator])
  over.abort()
  return said ?? { left: true }
}

const said = await live().catch((thrown: Error & { readonly code?: string }): Said => {
  if (STORE_CODES.includes(thrown.code ?? '')) return { stopped: thrown.code ?? '', why: thrown.message }
  throw thrown
})
writeSync(1, `${JSON.stringify(said)}\n`)
process.exit(0)
