import { expect, it } from 'vitest'
import { asEpoch, asOwnerId, SkeinError } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import { BATCH_BYTES_MAX, BATCH_FRAMES_MAX } from './limits.ts'
import { LoopTurns } from './loop-turns.ts'
import { MailIntake } from '../mail-intake.ts'
import { Outbox } from './outbox.ts'
import type { Batch, FrameRow, MailEvent, MailItem } from './wire.ts'

/** A clock whose timers go off by hand. */
function handClock() {
  const timers = new Set<() => void>()
  const clock: Clock = {
    now: () => 5,
    monotonicMs: () => 5,
    timer(_delayMs, fire) {
      timers.add(fire)
      return { [Symbol.dispose]: () => void timers.delete(fire) }
    },
  }
  return { clock, soon: (run: () => void) => run(), goOff: () => [...timers].map((fire) => fire()) }
}

const row: FrameRow = { sent: [], waits: [], unwaits: [], consumed: [] }
const began = { owner: asOwnerId('1.a'), epoch: asEpoch(1) }

it('a batch that is out is given again until it is acknowledged; what is pushed meanwhile goes with the next', async () => {
  const ports = handClock()
  const outbox = new Outbox(ports, began)
  outbox.push(row, 1)
  expect(await outbox.next()).toEqual({ began, at: 5, frames: [] })
  expect(await outbox.next()).toEqual({ began, at: 5, frames: [] })
  outbox.push(row, 1)
  outbox.acknowledge()
  expect((await outbox.next()).frames).toHaveLength(2)
})

it('an end goes behind all frames, however many batches they fill', async () => {
  const ports = handClock()
  const outbox = new Outbox(ports, began)
  for (let i = 0; i <= BATCH_FRAMES_MAX; i++) outbox.push(row, 1)
  outbox.end({ end: { type: 'wait' }, at: 5, heardSeq: 0, firstSeq: 0 })
  const sizes: unknown[] = []
  for (let i = 0; i < 3; i++) {
    outbox.acknowledge()
    const { frames, rest } = await outbox.next()
    sizes.push([frames.length, rest?.end.type])
    if (rest !== undefined) break
  }
  expect(sizes).toEqual([
    [BATCH_FRAMES_MAX, undefined],
    [1, 'wait'],
  ])
})

it('says something when nothing happens', async () => {
  const ports = handClock()
  const outbox = new Outbox(ports, began)
  outbox.acknowledge()
  const next = outbox.next()
  ports.goOff()
  expect((await next).frames).toEqual([])
})

it('what is pushed in one turn of the event loop, and the end with it, is one batch', async () => {
  const outbox = new Outbox({ ...handClock(), soon: (run) => void setImmediate(run) }, began)
  outbox.acknowledge()
  const next = outbox.next()
  outbox.push(row, 1)
  await Promise.resolve()
  outbox.push(row, 1)
  outbox.end({ end: { type: 'wait' }, at: 5, heardSeq: 0, firstSeq: 0 })
  const { frames, rest } = await next
  expect([frames.length, rest?.end.type]).toEqual([2, 'wait'])
})

const said = (seq: number): MailItem => ({
  seq,
  event: { type: 'message', message: { id: seq } } as unknown as MailEvent,
})

it('mail is taken once and in order, whichever way it comes', async () => {
  const taken: number[] = []
  const lying = [said(1), said(2), said(3), said(4)]
  const intake = new MailIntake({
    peek: async (after) => ({
      items: lying.filter(({ seq }) => seq > after).slice(0, 2),
      lastSeq: 4,
      isWhole: after >= 2,
    }),
    take: ({ row: { seq } }) => taken.push(seq),
    fail: (error) => {
      throw error
    },
  })
  await intake.begin({ items: [said(1)], lastSeq: 1, isWhole: true }, new Set([1]))
  expect([taken, intake.firstSeq]).toEqual([[], 1])
  intake.hear(said(2))
  intake.hear(said(2))
  // Number 3 is missing: the mailbox is asked, and what comes meanwhile is not taken before it.
  intake.hear(said(4))
  intake.hear(said(4))
  await new Promise((resolve) => setImmediate(resolve))
  expect([taken, intake.heardSeq]).toEqual([[2, 3, 4], 4])
})

it('all who wait are given the same batch: any of them may be the one whom the server hears', async () => {
  const ports = handClock()
  const outbox = new Outbox(ports, began)
  outbox.acknowledge()
  const waiting = [outbox.next(), outbox.next()]
  outbox.push(row, 1)
  const [first, second] = await Promise.all(waiting)
  expect([first === second, first?.frames.length, await outbox.next()]).toEqual([true, 1, first])
  outbox.acknowledge()
  // Nothing that waited then is given anything more.
  ports.goOff()
  outbox.push(row, 1)
  outbox.push(row, 1)
  expect((await outbox.next()).frames).toHaveLength(2)
})

it('whoever waits for what is given up is told', async () => {
  const outbox = new Outbox(handClock(), began)
  outbox.acknowledge()
  const waiting = outbox.next()
  outbox.close(new SkeinError('LOST_EPOCH', 'given up'))
  await expect(waiting).rejects.toThrow('given up')
  await expect(outbox.next()).rejects.toThrow('given up')
})

/** An outbox of an activation that runs ahead, on a loop that is turned by hand. */
function outboxAhead() {
  const ports = handClock()
  const later: (() => void)[] = []
  const soon = (run: () => void): void => void later.push(run)
  const turn = (): void => later.splice(0).forEach((run) => run())
  const state = { isWaiting: false }
  const turns = new LoopTurns(soon, 5)
  const outbox = new Outbox({ clock: ports.clock, soon }, began, { isWaiting: () => state.isWaiting, turns })
  const given: Batch[] = []
  void outbox.next().then((batch) => given.push(batch))
  const settled = async (): Promise<readonly unknown[]> => {
    turn()
    await Promise.resolve()
    return given.map(({ began: by, frames, rest }) => [by?.epoch, frames.length, rest?.end.type])
  }
  return { outbox, state, settled, goOff: ports.goOff }
}

it('what an activation says that runs ahead goes with its beginning, the end as well', async () => {
  const { outbox, settled } = outboxAhead()
  outbox.push(row, 1)
  expect(await settled()).toEqual([])
  outbox.push(row, 1)
  outbox.end({ end: { type: 'yield' }, at: 5, heardSeq: 0, firstSeq: 0 })
  expect(await settled()).toEqual([[1, 2, 'yield']])
})

it.each([
  ['it waits for it to be durable', (ahead: ReturnType<typeof outboxAhead>) => (ahead.state.isWaiting = true)],
  [
    'it sends something',
    ({ outbox }: ReturnType<typeof outboxAhead>) => outbox.push({ ...row, sent: [{} as never] }, 1),
  ],
  [
    'it has as many frames as go with one batch',
    ({ outbox }: ReturnType<typeof outboxAhead>) => {
      for (let i = 0; i < BATCH_FRAMES_MAX; i++) outbox.push(row, 1)
    },
  ],
  [
    'it has as much text as goes with one batch',
    ({ outbox }: ReturnType<typeof outboxAhead>) => outbox.push(row, BATCH_BYTES_MAX),
  ],
  ['some seconds have passed, however few turns', ({ goOff }: ReturnType<typeof outboxAhead>) => goOff()],
])('the beginning of an activation that runs ahead goes as soon as %s', async (_, happen) => {
  const ahead = outboxAhead()
  expect(await ahead.settled()).toEqual([])
  happen(ahead)
  ahead.outbox.stirred()
  expect(await ahead.settled()).toHaveLength(1)
})

it('the beginning of an activation that runs ahead and says nothing goes alone after some turns', async () => {
  const { settled } = outboxAhead()
  const seen: number[] = []
  for (let turn = 0; turn < 5; turn++) seen.push((await settled()).length)
  expect([seen, await settled()]).toEqual([[0, 0, 0, 0, 1], [[1, 0, undefined]]])
})

it('a beginning that was taken by an attempt that is cut off is given again with the same frames', async () => {
  const { outbox, state, settled } = outboxAhead()
  outbox.push(row, 1)
  state.isWaiting = true
  outbox.stirred()
  await settled()
  outbox.push(row, 1)
  expect([(await outbox.next()).began, (await outbox.next()).frames.length]).toEqual([began, 1])
})
