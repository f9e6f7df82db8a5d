/** T: one activation per process, one atomic frame, one queue, and no residency without need. */
import assert from 'node:assert/strict'
import { SkeinError } from '../../../std/index.ts'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule } from '../describe-engine.ts'
import { keyOf, messageOf, namesOf, Puppet, startOf } from '../puppet.ts'

const TIMER_MS = 30

/** The rules of activations and turns. */
export const TURN_RULES: readonly EngineRule[] = [
  {
    rule: 'T1',
    title: 'each owner has a larger epoch, each activation an owner id of its own',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const first = (await stage.puppet.next()).activation
      const { puppet } = await stage.reopen('crash')
      const second = (await puppet.next()).activation
      assert.ok(second.epoch > first.epoch)
      assert.notEqual(second.owner, first.owner)
      assert.equal(second.ownerDeath === 'known' || second.ownerDeath === 'presumed', true)
    },
  },
  {
    rule: 'T1',
    title: 'an owner that was overtaken writes nothing more and starts nothing more',
    needs: 'usurp',
    async check({ rig, engine, puppet }) {
      await engine.start(startOf('p'))
      const old = await puppet.next()
      old.frame(['before'])
      await rig.sleep(5)
      const usurper = await rig.usurp?.()
      assert.ok(usurper !== undefined)
      let started = false
      old.frame(['after'])
      old.perform('e', 'write', () => (started = true))
      await assert.rejects(engine.start(startOf('q')), (error) => SkeinError.isInstance(error))
      await rig.sleep(50)
      assert.equal(started, false)
      assert.equal(old.activation.signal.aborted, true)
      assert.deepEqual(namesOf((await gather(usurper.history(old.pid))).flatMap((frame) => frame.facts)), ['before'])
    },
  },
  {
    rule: 'T2',
    title: 'control overtakes messages; the rest comes in order of arrival',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      await engine.deliver(messageOf('p', 'm1'))
      await engine.deliver(messageOf('p', 'm2'))
      await engine.control(lane.pid, { id: 'c', type: 'cancel', reason: 'stop', by: 'test' })
      const types = [await lane.next(), await lane.next(), await lane.next()].map((event) => event?.type)
      assert.deepEqual(types, ['control', 'message', 'message'])
    },
  },
  {
    rule: 'T4',
    title: 'facts, messages, starts and waits of a frame are durable together, or not at all',
    async check(stage) {
      const { engine, puppet } = stage
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      await stage.rig.sleep(1)
      const sent = [
        {
          type: 'start' as const,
          key: keyOf('child'),
          request: startOf('child', { parent: { pid: lane.pid, key: keyOf('end') } }),
        },
        { type: 'message' as const, key: keyOf('say'), message: messageOf('child', 'hello') },
      ]
      lane.frame(['frame'], { sent, waits: [{ key: keyOf('w'), on: { kind: 'promise', name: 'w' } }] })
      const next = await stage.reopen('crash')
      const facts = namesOf((await gather(next.engine.history(lane.pid))).flatMap((frame) => frame.facts))
      const child = await next.engine.inspect('child' as never)
      const waits = (await next.engine.inspect(lane.pid))?.waits ?? []
      assert.deepEqual(
        [child !== undefined, child?.mailbox ?? 0, waits.length],
        facts.length === 1 ? [true, 1, 1] : [false, 0, 0],
      )
    },
  },
  {
    rule: 'T5',
    title:
      'a failed commit stops the store: no driver starts, activations are dropped, reopening goes on from what is durable',
    needs: 'failNextCommit',
    async check(stage) {
      const { engine, puppet, rig } = stage
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['kept'])
      await rig.sleep(5)
      rig.failNextCommit?.()
      let started = false
      lane.frame(['lost'])
      lane.perform('e', 'write', () => (started = true))
      await assert.rejects(async () => {
        for (;;) await lane.next()
      })
      assert.equal(started, false)
      await assert.rejects(engine.start(startOf('q')), (error) => SkeinError.isInstance(error) && error.retryable)
      const reopened = await stage.reopen('crash')
      assert.deepEqual(namesOf((await reopened.puppet.next()).activation.facts), ['kept'])
    },
  },
  {
    rule: 'T6',
    title: 'a message wakes a resting process if a wait matches it, and lies in its mailbox otherwise',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['asked'], { waits: [{ key: keyOf('r'), on: { kind: 'message', pattern: { topic: 'yes' } } }] })
      assert.equal(await lane.rest(), true)
      await engine.deliver(messageOf('p', 'm1', { topic: 'no' }))
      await rig.sleep(TIMER_MS)
      assert.equal(puppet.isIdle, true)
      assert.equal((await engine.inspect(lane.pid))?.status, 'waiting')
      await engine.deliver(messageOf('p', 'm2', { topic: 'yes' }))
      const next = await puppet.next()
      assert.deepEqual([(await next.message()).id, (await next.message()).id], ['m1', 'm2'])
    },
  },
  {
    rule: 'T6',
    title: 'a timer wakes a resting process when it is due, not before, also after its owner died',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      const dueAt = stage.rig.now() + TIMER_MS
      lane.frame(['asked'], { waits: [{ key: keyOf('t'), on: { kind: 'timer', dueAt } }] })
      assert.equal(await lane.rest(), true)
      const { puppet, rig } = await stage.reopen('crash')
      const next = await puppet.next()
      assert.ok(rig.now() >= dueAt)
      assert.deepEqual(await next.next(), { type: 'timer', key: keyOf('t') })
    },
  },
  {
    rule: 'T6',
    title: 'a wait that was taken back wakes nobody',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['asked'], { waits: [{ key: keyOf('t'), on: { kind: 'timer', dueAt: rig.now() + TIMER_MS } }] })
      lane.frame(['answered'], { unwaits: [keyOf('t')] })
      assert.equal(await lane.rest(), true)
      await rig.sleep(3 * TIMER_MS)
      assert.equal(puppet.isIdle, true)
    },
  },
  {
    rule: 'T7',
    title: 'a process rests only if nothing has come meanwhile',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      await engine.deliver(messageOf('p', 'm'))
      assert.equal(await lane.rest(), false)
      assert.equal((await lane.message()).id, 'm')
      assert.equal(await lane.rest(), true)
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
      await engine.deliver(messageOf('p', 'm'))
      assert.equal((await lane.next())?.type, 'message')
      await engine.control(lane.pid, { id: 'c', type: 'cancel', reason: 'stop', by: 'test' })
      assert.equal((await lane.next())?.type, 'control')
      assert.equal((await lane.next())?.type, 'timer')
    },
  },
  {
    rule: 'T7',
    title: 'next() answers undefined after the idle time',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      assert.equal(await lane.next(0), undefined)
      assert.equal(await lane.next(TIMER_MS), undefined)
    },
  },
  {
    rule: 'drain',
    title: 'closing the host takes activations away, keeps what they framed, and frees the store',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      lane.frame(['kept'])
      const waiting = lane.next()
      const reopened = stage.reopen('close')
      await assert.rejects(waiting)
      assert.equal(lane.activation.signal.aborted, true)
      const next = await (await reopened).puppet.next()
      assert.deepEqual(namesOf(next.activation.facts), ['kept'])
    },
  },
  {
    rule: 'boot',
    title: 'a new owner takes over everything unfinished by itself, and leaves what rests and what has ended',
    async check(stage) {
      for (const pid of ['running', 'resting', 'ended']) await stage.engine.start(startOf(pid))
      const lanes = [await stage.puppet.next(), await stage.puppet.next(), await stage.puppet.next()]
      for (const lane of lanes) {
        lane.frame(['begun'])
        if (lane.pid === 'resting') await lane.rest()
        if (lane.pid === 'ended') await lane.end()
      }
      await stage.rig.sleep(5)
      const { puppet, rig } = await stage.reopen('crash')
      assert.equal((await puppet.next()).pid, 'running')
      await rig.sleep(TIMER_MS)
      assert.equal(puppet.isIdle, true)
    },
  },
  {
    rule: 'U1',
    title: 'a parked process is tried once by the next owner, and by a control, but not by messages',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      await (await stage.puppet.next()).park()
      assert.equal((await stage.engine.inspect('p' as never))?.parked?.code, 'CODE_ABSENT')
      await stage.engine.deliver(messageOf('p', 'm'))
      await stage.rig.sleep(TIMER_MS)
      assert.equal(stage.puppet.isIdle, true)
      const { puppet, engine, rig } = await stage.reopen('close')
      await (await puppet.next()).park()
      await rig.sleep(TIMER_MS)
      assert.equal(puppet.isIdle, true)
      await engine.control('p' as never, { id: 'c', type: 'cancel', reason: 'stop', by: 'test' })
      assert.equal((await puppet.next()).pid, 'p')
      assert.ok(puppet instanceof Puppet)
    },
  },
]
