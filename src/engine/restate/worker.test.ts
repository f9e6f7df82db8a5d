/** A worker whose handlers are attempted again before anything of what they began is kept. */
import { expect, it } from 'vitest'
import type { Activation, StartRequest } from '../../kernel/index.ts'
import { FACT_VERSION } from '../../kernel/index.ts'
import type { Clock } from '../../std/index.ts'
import { asEffectKey, asEpoch, asPid, asSeq } from '../../std/index.ts'
import { JournalBlobs } from '../blobs/journal-blobs.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import { OpenJournal } from './open-journal.ts'
import type { Residence } from './residence.ts'
import type { Exclusive } from './sdk.ts'
import type { RunOrder } from './wire.ts'
import { Worker } from './worker.ts'
import type { WorkerParts } from './worker.ts'

const pid = asPid('p')
const request = { pid, kind: 'workflow', workflow: 'w', root: pid, depth: 0 } as unknown as StartRequest
/** Of a handler; others are others of the same one. */
const ATTEMPT = {}
const FIRST: RunOrder = { isNew: true, isKnown: true, request }

/** The journal in the hands of one attempt, in which `epochs` beginnings were kept. */
function journalAfter(epochs: number): OpenJournal {
  const journal = OpenJournal.begin({ set() {} } as unknown as Exclusive)
  if (epochs > 0) journal.began(asEpoch(epochs))
  return journal
}

/** A worker whose kernel frames one fact and then writes to the world; `stops` leaves out what it would do next. */
function workerOf(clock: Clock = nodeClock) {
  const runs: Activation[] = []
  const written: string[] = []
  const changes: string[] = []
  const mailbox = { row: { status: 'running' }, request, mail: { items: [], lastSeq: 0, isWhole: true } }
  const parts: WorkerParts = {
    client: { load: async () => mailbox } as never,
    blobs: new JournalBlobs(undefined, { hash: nodeHash, installation: 'skein', onAway: undefined }),
    settings: { quarantine: undefined, refresh: async () => {}, learn: async () => {}, forget() {} } as never,
    clock,
    random: nodeRandom,
    hash: nodeHash,
    soon: nodeSoon,
    onChange: (_start, status) => changes.push(status),
    onOver() {},
  }
  const worker = new Worker(parts)
  const host = worker.host(async (activation) => {
    runs.push(activation)
    activation.frame([{ type: 'entropy', v: FACT_VERSION, seq: asSeq(0), at: 0 } as never], {})
    const { owner } = activation
    activation.perform({ key: asEffectKey('pay'), attempt: 1, class: 'write', begun: owner }, () => {
      written.push(owner)
      return { outcome: { type: 'ok', value: { text: '1', salt: '' } as never } }
    })
    while ((await activation.next()) !== undefined);
  }, {})
  const begin = async (order: RunOrder, epochs = 0, invocation = 'inv'): Promise<Residence> => {
    const { signal } = new AbortController()
    const begun = await worker.begin(journalAfter(epochs), pid, { order, invocation, signal })
    if (typeof begun === 'string') throw new Error(begun)
    return begun
  }
  return { worker, host, begin, runs, written, changes }
}

it('the first activation of a process runs ahead: nothing outward is done, and nobody hears of it, until it is kept', async () => {
  const { begin, runs, written, changes } = workerOf()
  const first = await begin(FIRST)
  const { began, frames } = await first.nextBatch(ATTEMPT)
  expect([began?.owner, frames.length, runs.length, written, changes]).toEqual([first.owner, 1, 1, [], []])
  first.durable(0, 2)
  expect([written, changes]).toEqual([[first.owner], ['running', 'running']])
  first.lose()
})

it('E3: what runs ahead says when it has begun; whoever is lost before never does', async () => {
  const { begin, runs } = workerOf()
  const begun: string[] = []
  const [kept, lost] = [await begin(FIRST), workerOf()]
  await lost.begin(FIRST).then((residence) => residence.lose())
  for (const [index, { begun: promise }] of [...runs, ...lost.runs].entries())
    void promise?.then(() => begun.push(`${index}`))
  await kept.nextBatch(ATTEMPT)
  expect([begun, runs[0]?.begun]).toEqual([[], expect.any(Promise)])
  kept.durable(0, 2)
  await kept.activation.begun
  expect(begun).toEqual(['0'])
  kept.lose()
})

it.each([
  ['of a later epoch', FIRST, 1],
  ['of a process that goes on in another handler', {}, 0],
  ['whose mailbox does not know whom it has asked', { isNew: true, request }, 0],
])('an activation %s runs when its beginning is kept', async (_, order, epochs) => {
  const { begin, runs } = workerOf()
  const begun = await begin(order, epochs)
  expect([(await begun.nextBatch(ATTEMPT)).frames.length, runs.length]).toEqual([0, 0])
  begun.durable(0, 1)
  await begun.activation.nextBatch()
  expect(runs.length).toBe(1)
  begun.lose()
})

it('cut off before its first batch is kept, it is gone on with by the next attempt: the same one, once', async () => {
  const { begin, runs, written } = workerOf()
  const first = await begin(FIRST)
  const told = await first.nextBatch(ATTEMPT)
  first.cutOff(ATTEMPT)
  const [second, third] = await Promise.all([begin(FIRST), begin(FIRST)])
  expect([second === first, third === first, await second.nextBatch(ATTEMPT), runs.length]).toEqual([
    true,
    true,
    told,
    1,
  ])
  // Whichever attempt's batch the server has kept: the write is made, and made once.
  second.durable(0, 2)
  third.durable(0, 2)
  expect(written).toEqual([first.owner])
  first.lose()
})

it.each([
  ['is in the hands of the next attempt already', {}, false],
  ['nobody has come for', undefined, true],
])('what an attempt that ends late leaves, and %s, is lost after a moment: %s', async (_, next, isLost) => {
  const timers: (() => void)[] = []
  const clock: Clock = { ...nodeClock, timer: (_ms, fire) => (timers.push(fire), { [Symbol.dispose]() {} }) }
  const { begin } = workerOf(clock)
  const first = await begin(FIRST)
  await first.nextBatch(ATTEMPT)
  if (next !== undefined) await (await begin(FIRST)).nextBatch(next)
  first.cutOff(ATTEMPT)
  for (const fire of timers) fire()
  expect(first.isLost).toBe(isLost)
  first.lose()
})

it('two attempts that begin at once begin one activation, and are given the same batch', async () => {
  const { begin, runs } = workerOf()
  const [first, second] = await Promise.all([begin(FIRST), begin(FIRST)])
  const batches = await Promise.all([first.nextBatch({}), second.nextBatch(ATTEMPT)])
  expect([first === second, runs.length, batches[0] === batches[1]]).toEqual([true, 1, true])
  first.lose()
})

it('whoever waits for the next batch of what is lost hears of it', async () => {
  const { begin } = workerOf()
  const first = await begin(FIRST)
  await first.nextBatch(ATTEMPT)
  first.durable(0, 2)
  const waiting = first.nextBatch(ATTEMPT)
  first.lose()
  await expect(waiting).rejects.toMatchObject({ code: 'LOST_EPOCH' })
})

it('when the beginning of somebody else was kept, it is dropped before another one begins, and has done nothing', async () => {
  const { worker, begin, runs, written } = workerOf()
  const first = await begin(FIRST)
  await first.nextBatch(ATTEMPT)
  first.cutOff(ATTEMPT)
  const next = await begin(FIRST, 1)
  expect([first.isLost, worker.find(first.owner), next.activation.epoch]).toEqual([true, undefined, 2])
  expect(runs.map(({ signal }) => signal.aborted)).toEqual([true])
  next.durable(0, 1)
  expect((await next.nextBatch(ATTEMPT)).frames).toHaveLength(1)
  next.durable(1, 1)
  expect(written).toEqual([next.owner])
  next.lose()
})

it('what another handler has begun is not gone on with, and is over', async () => {
  const { begin } = workerOf()
  const first = await begin(FIRST)
  await first.nextBatch(ATTEMPT)
  const next = await begin(FIRST, 0, 'another')
  expect([next === first, first.isLost, next.isLost]).toEqual([false, true, false])
  next.lose()
})

it('an attempt that has ended meanwhile begins nobody, and ends nobody', async () => {
  const { worker, begin, runs } = workerOf()
  const over = new AbortController()
  const late = worker.begin(journalAfter(0), pid, { order: FIRST, invocation: 'before', signal: over.signal })
  over.abort()
  const live = await begin(FIRST)
  expect([await late, live.isLost, runs.length]).toEqual(['nobody', false, 1])
  live.lose()
})

it('a host that leaves takes one away that runs ahead, and its handler hears of it', async () => {
  const { host, begin } = workerOf()
  const first = await begin(FIRST)
  const left = host[Symbol.asyncDispose]()
  const batch = await first.nextBatch(ATTEMPT)
  first.durable(0, batch.frames.length + 1)
  const last = batch.rest === undefined ? await first.nextBatch(ATTEMPT) : batch
  expect([batch.began?.owner, last.rest?.end.type]).toEqual([first.owner, 'yield'])
  first.rested(2, true)
  await left
})
