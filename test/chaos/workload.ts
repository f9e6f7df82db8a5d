/** One life of a program: opens the folder, goes on where the last life was killed, prints the result. */
import { open } from 'skein'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../src/engine/index.ts'
import { dieAtCommit } from '../../src/testing/crash/fatal-commit.ts'
import type { FatalCommit } from '../../src/testing/crash/fatal-commit.ts'
import { attend } from './operator.ts'
import { OTHERS, PROGRAMS } from './workflows.ts'

const WAIT_MS_MAX = 5_000

const fatal = process.env['CHAOS_FATAL']
const commits = dieAtCommit(fatal === undefined ? undefined : (JSON.parse(fatal) as FatalCommit))
const name = process.env['CHAOS_PROGRAM'] as keyof typeof PROGRAMS
const { definition, input, budget } = PROGRAMS[name]

const folder = process.env['CHAOS_FOLDER'] ?? ''
// From here on there is something to kill.
console.log('begun')
const engine = await openEmbedded({
  folder,
  clock: nodeClock,
  random: nodeRandom,
  hash: nodeHash,
  waitMs: WAIT_MS_MAX,
})
await using skein = await open({ data: folder, engine, models: {}, workflows: [definition, ...OTHERS] })
const run = await skein.start(definition as never, input as never, { id: name, budget })
if (name === 'desk')
  await skein.send(name, { news: 'good' }, { topic: 'letter', id: 'l1' }).catch((thrown: { code?: string }) => {
    if (thrown.code !== 'PROCESS_ENDED') throw thrown
  })
const over = new AbortController()
const operator = attend(skein, engine, over.signal)
const result: unknown = await Promise.race([run.result(), operator])
over.abort()
await operator
console.log(JSON.stringify({ result, commits: commits.count() }))
