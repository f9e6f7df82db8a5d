/**
 * One life of a folder of the corpus, as a process of its own:
 *
 *   node --conditions=skein-source life.ts <definitions.mjs> <folder> start | rest | finish | whole
 *
 * `start` starts everything and says when it hangs as it should, to be killed · `rest` goes on without anybody and drains ·
 * `finish` goes on with a person who answers everything, to the end · `whole`: start and finish in one life.
 */
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from 'skein'
import type { Skein } from 'skein'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../src/engine/index.ts'
import type { Engine, ProcessView } from '../../src/engine/index.ts'
import type { AnyDefinition, Budget } from '../../src/kernel/index.ts'

type Letter = { readonly to: string; readonly topic: string; readonly body: unknown }
type Start = {
  readonly id: string
  readonly definition: AnyDefinition
  readonly input?: unknown
  readonly budget?: Budget
}
/** What `definitions.mjs` of a format gives. */
type Format = {
  readonly STARTS: readonly Start[]
  readonly OTHERS: readonly AnyDefinition[]
  readonly LETTERS: readonly Letter[]
  readonly LATER_LETTERS: readonly Letter[]
  readonly CANCELLED: readonly string[]
  readonly KNOWN: Readonly<Record<string, unknown>>
  readonly HELD: number
}
type World = {
  readonly world: { done: { readonly key: string }[]; held: string[]; looked: string[]; isHolding: boolean }
}

const ROUND_MS = 20
/** Rounds in which nothing moves any more. */
const CALM_ROUNDS = 10
const LATE = new Set(['NOT_WAITING', 'PROCESS_ENDED', 'EFFECT_UNKNOWN'])

const [definitions = '', folder = '', act = ''] = process.argv.slice(2)
const format = (await import(pathToFileURL(definitions).href)) as Format
const { world } = (await import(new URL('far-world.mjs', import.meta.url).href)) as World
world.isHolding = act === 'start'

const engine = await openEmbedded({ folder, clock: nodeClock, random: nodeRandom, hash: nodeHash })
const workflows = [...format.STARTS.map(({ definition }) => definition), ...format.OTHERS]
const skein = await open({ data: folder, engine, models: {}, workflows })
if (act === 'start' || act === 'whole') await startAll()
if (act === 'start' || act === 'rest') await calm()
else await attend()
const values = act === 'start' || act === 'rest' ? {} : await valuesOf()
const problems: unknown[] = []
for await (const problem of engine.verify()) problems.push(problem)
if (act !== 'start') await skein[Symbol.asyncDispose]()
console.log(JSON.stringify({ done: world.done, held: world.held, looked: world.looked, values, problems }))

async function startAll(): Promise<void> {
  for (const { id, definition, input, budget } of format.STARTS)
    await skein.start(definition, input, { id, ...(budget === undefined ? {} : { budget }) })
  for (const { to, ...letter } of format.LETTERS) await skein.send(to, letter.body, letter)
  for (const id of format.CANCELLED) await engine.control(id as never, { id, type: 'cancel', reason: 'so', by: 'ann' })
}

/** Until nothing moves, and what is to hang hangs. */
async function calm(): Promise<void> {
  let before = ''
  for (let rounds = 0; rounds < CALM_ROUNDS;) {
    await sleep(ROUND_MS)
    const now = JSON.stringify([await views(engine), world.held.length])
    const isCalm = now === before && (act === 'rest' || world.held.length === format.HELD)
    rounds = isCalm ? rounds + 1 : 0
    before = now
  }
}

/** The person: answers everything until everything has ended. */
async function attend(): Promise<void> {
  for (const [i, { to, ...letter }] of format.LATER_LETTERS.entries())
    await skein.send(to, letter.body, { ...letter, id: `later-${i}` }).catch(unlessLate)
  while ((await views(engine)).some(({ endedAt }) => endedAt === undefined)) {
    for (const view of await views(engine))
      for (const { key, on } of view.waits) await answer(skein, `${view.pid}/${key}`, on.kind).catch(unlessLate)
    await sleep(ROUND_MS)
  }
}

async function answer(skein: Skein, effectWaiting: string, kind: string): Promise<void> {
  const effect = effectWaiting.replace(/!(resolve|approval|budget)$/, '')
  const pid = effect.slice(0, effect.indexOf('/'))
  if (kind === 'approval') await skein.approve(effect)
  if (kind === 'answer') await skein.answer(effect, 7)
  if (kind === 'promise') await skein.answer(effect, 'promised')
  if (kind === 'budget') await skein.topUp(pid, { toolCalls: 1 })
  if (kind === 'operator')
    await skein.resolve(effect, pid in format.KNOWN ? { done: format.KNOWN[pid] } : { again: true }, { by: 'ann' })
}

/** It was answered a moment ago. */
function unlessLate(thrown: { readonly code?: string }): void {
  if (!LATE.has(thrown.code ?? '')) throw thrown
}

async function valuesOf(): Promise<Readonly<Record<string, unknown>>> {
  return Object.fromEntries((await views(engine)).map(({ pid, result }) => [pid, result]))
}

async function views(engine: Engine): Promise<readonly ProcessView[]> {
  const all: ProcessView[] = []
  for await (const view of engine.list({})) all.push(view)
  return all
}
