import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { payloadOf } from '../../kernel/index.ts'
import type { Activation, Control, Wait } from '../../kernel/index.ts'
import { asPid, limits, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import {
  all,
  captured,
  codeOf,
  endWith,
  engineOn,
  factsFrom,
  HandClock,
  key,
  message,
  note,
  ok,
  request,
  rest,
  settle,
  SUMMARY,
} from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium } from '../memory/memory-medium.ts'
import type { Store } from './store/store.ts'
import { createEngine } from './create-engine.ts'
import type { LocalEngine } from './local-engine.ts'
import { FORGET_EVERY_MS, ID_CHARACTERS_MAX } from '../limits.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { nodeSoon } from '../platform/node-soon.ts'

const P = asPid('p')
const cancel = (id: string): Control => ({ id, type: 'cancel', reason: 'because', by: 'me' })
const waitFor = (name: string, pattern: Extract<Wait['on'], { kind: 'message' }>['pattern']): Wait => ({
  key: key(name),
  on: { kind: 'message', pattern },
})

describe('the post', () => {
  let medium: MemoryMedium
  let clock: HandClock
  let store: Store
  let engine: LocalEngine
  let host: ReturnType<typeof captured>

  beforeEach(async () => {
    medium = memoryMedium()
    clock = new HandClock()
    store = medium.open()
    engine = createEngine({ store, clock, random: nodeRandom, hash: nodeHash, soon: nodeSoon })
    host = captured()
  })
  afterEach(async () => {
    await engine[Symbol.asyncDispose]()
    medium[Symbol.dispose]()
  })

  /** `p`, hosted and resident. */
  const activated = async (): Promise<Activation> => {
    await engine.host(host.run)
    await engine.start(request('p'))
    return host.next()
  }
  const deadLetters = (pid: string) =>
    store.tables.mailbox.deadLetters(asPid(pid)).map(({ why, text }) => [why, JSON.parse(text).id])

  it('a start is idempotent by pid', async () => {
    expect(await engine.start(request('p'))).toEqual({ pid: 'p', created: true })
    expect(await engine.start(request('p', { workflow: 'other' }))).toEqual({ pid: 'p', created: false })
    expect(await engine.inspect(P)).toMatchObject({ status: 'ready', workflow: 'w', activations: 0 })
  })

  it.each([
    ['a pid with a slash', { pid: asPid('a/b') }, 'INPUT_INVALID'],
    ['an empty pid', { pid: asPid('') }, 'INPUT_INVALID'],
    ['a depth beyond the limit', { depth: limits.SPAWN_DEPTH_MAX + 1 }, 'PROCESS_REFUSED'],
    ['a parent that is no pid', { parent: { pid: asPid('a b'), key: key('k') } }, 'INPUT_INVALID'],
    ['a file that is no text', { file: 7 as unknown as string }, 'INPUT_INVALID'],
    ['a workflow that is no text', { workflow: 7 as unknown as string }, 'INPUT_INVALID'],
  ])('T5: %s is refused before it is queued, and harms nobody', async (_, more, code) => {
    const good = engine.start(request('good'))
    expect(await codeOf(engine.start({ ...request('p'), ...more }))).toBe(code)
    expect((await good).created).toBe(true)
    expect(engine.failed.aborted).toBe(false)
  })

  it.each([
    ['an empty id', message('p', ''), 'MESSAGE_INVALID'],
    ['an id without end', message('p', 'x'.repeat(ID_CHARACTERS_MAX + 1)), 'MESSAGE_INVALID'],
    ['no receiver', { ...message('p', 'm'), to: undefined as unknown as Pid }, 'INPUT_INVALID'],
    [
      'a body over the limit',
      message('p', 'm', { body: payloadOf('x'.repeat(limits.MESSAGE_BYTES_MAX)) }),
      'VALUE_TOO_LARGE',
    ],
  ])('T5: a message with %s is refused before it is queued', async (_, bad, code) => {
    expect(await codeOf(engine.deliver(bad))).toBe(code)
    expect(engine.failed.aborted).toBe(false)
  })

  it('a parent, a file and what it ended with are shown', async () => {
    const activation = await activated()
    await engine.start(
      request('child', { parent: { pid: P, key: key('k') }, file: 'flow.ts', kind: 'agent', depth: 1 }),
    )
    await endWith(activation)
    expect(await engine.inspect(asPid('child'))).toMatchObject({
      parent: 'p',
      file: 'flow.ts',
      kind: 'agent',
      depth: 1,
    })
    expect(await engine.inspect(P)).toMatchObject({ summary: SUMMARY, waits: [], mailbox: 0, endedAt: clock.now() })
    expect(await all(engine.list({ parent: P, workflow: 'w', status: ['ready', 'running'] }))).toHaveLength(1)
  })

  it('text that is no Unicode harms nobody', async () => {
    await engine.start(request('p', { workflow: 'a\uD800b\u0000c' }))
    await engine.deliver(message('p', 'm\uDFFF'))
    expect((await engine.inspect(P))?.mailbox).toBe(1)
  })

  it('M2: equal ids are delivered once, for seven days', async () => {
    await engine.start(request('p'))
    expect(await engine.deliver(message('p', 'm'))).toBe('queued')
    expect(await engine.deliver(message('p', 'm'))).toBe('duplicate')
    clock.advance(limits.FOREIGN_ID_TTL_MS - 1)
    expect(await engine.deliver(message('p', 'm'))).toBe('duplicate')
    clock.advance(1 + FORGET_EVERY_MS)
    expect(await engine.deliver(message('p', 'm'))).toBe('queued')
  })

  it('M2: an id is remembered after its message was consumed, and over a crash', async () => {
    const activation = await activated()
    await engine.deliver(message('p', 'm'))
    const event = await activation.next()
    activation.frame(factsFrom(0, [note('a')]), { consumed: event?.type === 'message' ? [event.message.id] : [] })
    await rest(activation)
    expect((await engine.inspect(P))?.mailbox).toBe(0)
    medium.crash()
    const next = engineOn(medium, clock)
    expect(await next.deliver(message('p', 'm'))).toBe('duplicate')
    await next[Symbol.asyncDispose]()
    engine.abandon(new SkeinError('ENGINE_CLOSED', 'crashed'))
  })

  it('M6: a full mailbox says so, and takes more once it was read', async () => {
    const body = payloadOf('x'.repeat(limits.MESSAGE_BYTES_MAX - 1_000))
    const activation = await activated()
    const results: string[] = []
    for (let i = 0; i < 66; i++) results.push(await engine.deliver({ ...message('p', `m${i}`), body }))
    expect(results.filter((result) => result === 'queued')).toHaveLength(64)
    expect(results.at(-1)).toBe('full')
    const event = await activation.next()
    activation.frame(factsFrom(0, [note('a')]), { consumed: event?.type === 'message' ? [event.message.id] : [] })
    await settle()
    expect(await engine.deliver({ ...message('p', 'm65'), body })).toBe('queued')
    expect(await engine.deliver({ ...message('p', 'm66'), body })).toBe('full')
  })

  it('M6: 10,000 messages fill a mailbox', async () => {
    await engine.start(request('p'))
    const results = await Promise.all(
      Array.from({ length: limits.MAILBOX_MESSAGES_MAX + 1 }, (_, i) => engine.deliver(message('p', `m${i}`))),
    )
    expect(results.indexOf('full')).toBe(limits.MAILBOX_MESSAGES_MAX)
    expect(await engine.inspect(P)).toMatchObject({ mailbox: limits.MAILBOX_MESSAGES_MAX })
  })

  it('M6: nobody there is unknown; a process that ended leaves a dead letter', async () => {
    expect(await engine.deliver(message('nobody', 'm'))).toBe('unknown')
    const activation = await activated()
    await engine.deliver(message('p', 'unread'))
    await engine.control(P, cancel('unheard'))
    await endWith(activation)
    expect(store.tables.mailbox.count(store.tables.processes.byPid(P)!.p)).toBe(0)
    expect(await engine.deliver(message('p', 'late'))).toBe('ended')
    expect(await engine.control(P, cancel('c'))).toBe('ended')
    expect(deadLetters('p')).toEqual([
      ['the process ended without receiving it', 'unheard'],
      ['the process ended without receiving it', 'unread'],
      ['the process has ended', 'late'],
    ])
  })

  it('C3: what was cancelled goes on for its parent and for nobody else, what has a value for nobody', async () => {
    await engine.host(host.run)
    const endings = { done: ok(1).outcome, cancelled: { type: 'cancelled' } } as const
    for (const [pid, result] of Object.entries(endings)) {
      await engine.start(request(pid))
      await (await host.next()).commit({ type: 'ended', result, summary: SUMMARY })
      const reopen = { type: 'reopen', by: 'ann' } as const
      expect(await engine.control(asPid(pid), { ...reopen, id: `${pid}1` })).toBe('ended')
      const asParent = engine.control(asPid(pid), { ...reopen, id: `${pid}2`, fromParent: true })
      expect(await asParent).toBe(pid === 'done' ? 'ended' : 'queued')
    }
  })

  it('M3: a message that the receiver refused lies in the dead letters with the reason', async () => {
    const activation = await activated()
    await engine.deliver(message('p', 'odd'))
    const event = await activation.next()
    const id = event?.type === 'message' ? event.message.id : undefined
    activation.frame([], { consumed: [id!], dead: [{ id: id!, why: 'not a number' }] })
    await settle()
    expect(deadLetters('p')).toEqual([['not a number', 'odd']])
    expect((await engine.inspect(P))?.mailbox).toBe(0)
  })

  it('T6: a resting process wakes for a message that matches, and for no other', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), { waits: [waitFor('w', { topic: 'order', type: 'new' })] })
    await rest(activation)
    await engine.deliver(message('p', 'm1', { topic: 'order', type: 'old' }))
    await engine.deliver(message('p', 'm2', { topic: 'stock', type: 'new' }))
    await settle()
    expect(host.log).toEqual(['p'])
    expect(await engine.inspect(P)).toMatchObject({ status: 'waiting', mailbox: 2 })
    await engine.deliver(message('p', 'm3', { topic: 'order', type: 'new' }))
    const again = await host.next()
    const events = [await again.next(), await again.next(), await again.next()]
    expect(events.map((event) => event?.type === 'message' && event.message.id)).toEqual(['m1', 'm2', 'm3'])
  })

  it('T6: a wait that was taken back wakes nobody', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), { waits: [waitFor('w', {}), waitFor('v', { topic: 'x' })] })
    activation.frame(factsFrom(1, [note('b')]), { unwaits: [key('w')] })
    await rest(activation)
    await engine.deliver(message('p', 'm'))
    await settle()
    expect(host.log).toEqual(['p'])
    expect((await engine.inspect(P))?.waits.map((wait) => wait.key)).toEqual(['v'])
  })

  it('T2: any control wakes a process, and is consumed by the frame after it was heard', async () => {
    const activation = await activated()
    await rest(activation)
    expect(await engine.control(P, cancel('c1'))).toBe('queued')
    expect(await engine.control(P, cancel('c1'))).toBe('duplicate')
    const second = await host.next()
    expect(await second.next()).toMatchObject({ type: 'control', control: { id: 'c1' } })
    await engine.control(P, cancel('c2'))
    second.frame(factsFrom(0, [note('a')]), {})
    await settle()
    expect(store.tables.controls.all(1).map(({ text }) => JSON.parse(text).id)).toEqual(['c2'])
    expect(await rest(second)).toBe(false)
  })

  it('C5: a cancel that comes before the start leaves a tombstone; the parent gets everything back', async () => {
    const activation = await activated()
    const child = request('child', { parent: { pid: P, key: key('run') }, cap: { tokens: 10 }, depth: 1 })
    expect(await engine.control(asPid('child'), cancel('c'))).toBe('queued')
    expect(await engine.control(asPid('child'), cancel('c'))).toBe('duplicate')
    activation.frame(factsFrom(0, [note('a')]), { sent: [{ type: 'start', key: key('run'), request: child }] })
    const events = [await activation.next(), await activation.next()]
    expect(new Set(events.map((event) => event?.type))).toEqual(new Set(['control', 'sent']))
    expect(events.find((event) => event?.type === 'sent')).toMatchObject({ key: 'run', result: 'ended' })
    expect(events.find((event) => event?.type === 'control')).toMatchObject({
      control: {
        type: 'childEnded',
        child: 'child',
        key: 'run',
        outcome: { type: 'cancelled' },
        cap: { tokens: 10 },
        spent: {},
      },
    })
    await engine.control(asPid('lonely'), cancel('c'))
    expect(await engine.start(request('lonely'))).toEqual({ pid: 'lonely', created: false })
    expect(await engine.start(child)).toEqual({ pid: 'child', created: false })
    expect(await engine.inspect(asPid('child'))).toBeUndefined()
    expect(await activation.next(0)).toBeUndefined()
  })

  it('control to nobody: only a cancel can come too early', async () => {
    const topUp: Control = { id: 't', type: 'topUp', amounts: { tokens: 1 }, by: 'me' }
    expect(await codeOf(engine.control(asPid('nobody'), topUp))).toBe('PROCESS_UNKNOWN')
  })

  it('T4: what a frame sends becomes visible with it, in order, and the sender hears how it went', async () => {
    const activation = await activated()
    const sent = ['m1', 'm2', 'm1'].map(
      (id) => ({ type: 'message', key: key(`s-${id}`), message: message('q', id) }) as const,
    )
    activation.frame(factsFrom(0, [note('a')]), {
      sent: [
        { type: 'start', key: key('start'), request: request('q', { depth: 1 }) },
        ...sent,
        { type: 'message', key: key('x'), message: message('nobody', 'm') },
      ],
    })
    const results: unknown[] = []
    for (let i = 0; i < 5; i++) {
      const event = await activation.next()
      if (event?.type === 'sent') results.push([event.key, event.result])
    }
    expect(results).toEqual([
      ['start', 'queued'],
      ['s-m1', 'queued'],
      ['s-m2', 'queued'],
      ['s-m1', 'duplicate'],
      ['x', 'unknown'],
    ])
    const q = await host.next()
    expect([await q.next(), await q.next()].map((event) => event?.type === 'message' && event.message.id)).toEqual([
      'm1',
      'm2',
    ])
    const control = { type: 'control', to: asPid('q'), control: cancel('c') } as const
    activation.frame(factsFrom(1, [note('b')]), { sent: [control] })
    expect(await q.next()).toMatchObject({ type: 'control' })
    expect(await activation.next(0)).toBeUndefined()
  })

  it('childEnded to a parent that is gone is kept as a dead letter: it may carry money', async () => {
    const activation = await activated()
    await endWith(activation)
    await engine.start(request('orphan'))
    const orphan = await host.next()
    const control: Control = {
      id: 'orphan!ended',
      type: 'childEnded',
      child: asPid('orphan'),
      key: key('k'),
      outcome: ok(1).outcome,
      cap: {},
      spent: {},
      forfeited: {},
    }
    orphan.frame(factsFrom(0, [note('a')]), { sent: [{ type: 'control', to: P, control }] })
    await endWith(orphan)
    expect(deadLetters('p')).toEqual([['the process has ended', 'orphan!ended']])
  })

  it('values too large for a row travel as blobs, in every place', async () => {
    const large = payloadOf('y'.repeat(limits.PAYLOAD_INLINE_BYTES_MAX + 1))
    await engine.host(host.run)
    await engine.start(request('p', { input: large }))
    const activation = await host.next()
    expect(activation.start.input).toEqual(large)
    activation.frame(factsFrom(0, [{ ...note('a'), outcome: { type: 'ok', value: large } } as never]), {
      waits: [{ key: key('w'), on: { kind: 'answer', title: 't', show: large } }],
    })
    await engine.control(P, { id: 'a', type: 'answer', key: key('w'), value: large, by: 'me' })
    await activation.commit({ type: 'yield', summary: SUMMARY })
    const again = await host.next()
    expect(again.facts[0]).toMatchObject({ outcome: { value: large } })
    expect(await again.next()).toMatchObject({ control: { value: large } })
    expect((await engine.inspect(P))?.waits).toEqual([{ key: 'w', on: { kind: 'answer', title: 't', show: large } }])
    await again.commit({ type: 'ended', result: { type: 'ok', value: large }, summary: SUMMARY })
    expect((await engine.inspect(P))?.result).toEqual({ type: 'ok', value: large })
    expect(store.tables.processes.request(1)?.length).toBeLessThan(1_000)
    expect(await all(engine.verify())).toEqual([])
  })
})
