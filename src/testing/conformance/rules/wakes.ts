/** T6, T7: no residency without need, and no wake without cause. */
import assert from 'node:assert/strict'
import type { Message } from '../../../kernel/index.ts'
import { asPid } from '../../../std/index.ts'
import type { EngineRule, EngineStage } from '../engine-stage.ts'
import { cancelOf, keyOf, messageOf, startOf } from '../puppet.ts'

/** Long enough that a busy machine has gone to rest before it is over. */
const TIMER_MS = 250
const IDLE_MS = 10
const LONG_MS = 3_600_000

const MATCHES: readonly { readonly member: string; readonly id?: string; readonly more?: Partial<Message> }[] = [
  { member: 'topic', more: { topic: 'yes' } },
  { member: 'type', more: { type: 'yes' } },
  { member: 'from', more: { from: asPid('yes') } },
  { member: 'id', id: 'yes' },
]

/** `p` rests, and wakes only for a message in which this member is "yes". */
async function wakesFor({ engine, puppet, quiet }: EngineStage, { member, id, more }: (typeof MATCHES)[number]) {
  const pid = asPid(`by-${member}`)
  await engine.start(startOf(pid))
  const lane = await puppet.next()
  lane.frame(['asked'], { waits: [{ key: keyOf('r'), on: { kind: 'message', pattern: { [member]: 'yes' } } }] })
  assert.equal(await lane.rest(), true)
  const other = { topic: 'no', type: 'no', from: asPid('no') }
  assert.equal(await engine.deliver(messageOf(pid, 'no', other)), 'queued')
  assert.equal(await engine.deliver(messageOf(pid, 'bare')), 'queued')
  await quiet()
  const { status, mailbox, activations } = (await engine.inspect(pid)) ?? {}
  assert.deepEqual({ status, mailbox, activations }, { status: 'waiting', mailbox: 2, activations: 1 })
  assert.equal(await engine.deliver(messageOf(pid, id ?? 'm', { ...other, ...more })), 'queued')
  const woken = await puppet.next()
  assert.equal(woken.pid, pid)
  const heard = [await woken.message(), await woken.message(), await woken.message()]
  assert.deepEqual(
    heard.map((message) => message.id),
    ['no', 'bare', id ?? 'm'],
  )
  await woken.end()
}

/** The rules of waiting and waking. */
export const WAKE_RULES: readonly EngineRule[] = [
  {
    rule: 'T6',
    title: 'a message wakes a resting process if a wait matches it by every member, and lies in its mailbox otherwise',
    async check(stage) {
      for (const match of MATCHES) await wakesFor(stage, match)
    },
  },
  {
    rule: 'T6',
    title: 'a timer wakes a resting process when it is due, not before, also after its owner died',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      const dueAt = stage.rig.now() + TIMER_MS
      lane.frame(['asked'], {
        waits: [
          { key: keyOf('t'), on: { kind: 'timer', dueAt } },
          { key: keyOf('late'), on: { kind: 'message', pattern: { topic: 'x' }, dueAt: dueAt + LONG_MS } },
        ],
      })
      assert.equal(await lane.rest(), true)
      const { puppet, rig } = await stage.reopen('crash')
      const next = await puppet.next()
      assert.ok(rig.now() >= dueAt)
      assert.deepEqual(await next.next(), { type: 'timer', key: keyOf('t') })
      assert.equal(await next.next(0), undefined)
    },
  },
  {
    rule: 'T6',
    title: 'a wait that was taken back wakes nobody',
    async check({ engine, puppet, quiet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const soon = { kind: 'timer', dueAt: rig.now() + TIMER_MS } as const
      lane.frame(['asked'], {
        waits: [
          { key: keyOf('t'), on: soon },
          { key: keyOf('m'), on: { kind: 'message', pattern: {} } },
        ],
      })
      lane.frame(['answered'], { unwaits: [keyOf('t'), keyOf('m')] })
      assert.equal(await lane.rest(), true)
      await engine.deliver(messageOf('p', 'm'))
      await engine.start(startOf('later'))
      const later = await puppet.next()
      later.frame(['asked'], { waits: [{ key: keyOf('t'), on: { ...soon, dueAt: soon.dueAt + TIMER_MS } }] })
      assert.equal(await later.rest(), true)
      assert.equal((await puppet.next()).pid, 'later')
      await quiet()
      const { status, activations } = (await engine.inspect(lane.pid)) ?? {}
      assert.deepEqual({ status, activations }, { status: 'waiting', activations: 1 })
    },
  },
  {
    rule: 'T6',
    title: 'a control wakes whoever rests, whatever it waits for',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['asked'], { waits: [{ key: keyOf('r'), on: { kind: 'message', pattern: { topic: 'x' } } }] })
      assert.equal(await lane.rest(), true)
      assert.equal(await engine.control(lane.pid, cancelOf('c')), 'queued')
      assert.deepEqual(await (await puppet.next()).next(), { type: 'control', control: cancelOf('c') })
    },
  },
  {
    rule: 'T7',
    title: 'a process rests only if nothing has come meanwhile, and is over then',
    async check({ engine, puppet, quiet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const delivered = engine.deliver(messageOf('p', 'm'))
      assert.equal(await lane.rest(), false)
      assert.equal(await delivered, 'queued')
      assert.equal(await lane.rest(), false)
      assert.equal((await lane.message()).id, 'm')
      assert.equal(await lane.rest(), true)
      await assert.rejects(lane.next())
      assert.throws(() => lane.frame(['late']))
      await quiet()
    },
  },
  {
    rule: 'T7',
    title: 'a live activation hears messages, timers and control while an effect is in flight',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['begun'], { waits: [{ key: keyOf('t'), on: { kind: 'timer', dueAt: rig.now() + TIMER_MS } }] })
      lane.perform('long', 'write', () => new Promise(() => {}))
      const first = lane.next()
      await engine.deliver(messageOf('p', 'm'))
      const heard = [await first]
      const second = lane.next()
      await engine.control(lane.pid, cancelOf('c'))
      // Where the way is long, the timer may be due before one of the others has come.
      heard.push(await second, await lane.next())
      assert.deepEqual(new Set(heard.map((event) => event?.type)), new Set(['control', 'message', 'timer']))
    },
  },
  {
    rule: 'T7',
    title: 'next() answers undefined after the idle time, and what comes before it',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      assert.equal(await lane.next(0), undefined)
      assert.equal(await lane.next(IDLE_MS), undefined)
      const heard = lane.next(LONG_MS)
      await engine.deliver(messageOf('p', 'm'))
      assert.equal((await heard)?.type, 'message')
    },
  },
  {
    rule: 'T8',
    title: 'a process that yields is activated again though nothing came, with what it framed',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['kept'])
      assert.equal(await lane.yield(), true)
      const again = await puppet.next()
      assert.equal(again.activation.facts.length, 1)
      assert.notEqual(again.activation.owner, lane.activation.owner)
      await again.end()
      assert.equal((await engine.inspect(lane.pid))?.activations, 2)
    },
  },
]
