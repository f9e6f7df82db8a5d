/** C: starts are idempotent, and a cancel that comes too early is remembered. */
import assert from 'node:assert/strict'
import type { EngineRule } from '../engine-stage.ts'
import { cancelOf, keyOf, startOf, starting } from '../puppet.ts'

/** The rules of children. */
export const CHILD_RULES: readonly EngineRule[] = [
  {
    rule: 'C1',
    title: 'a start is idempotent by pid, from outside and from a frame',
    async check({ engine, puppet }) {
      assert.deepEqual(await engine.start(startOf('p')), { pid: 'p', created: true })
      assert.deepEqual(await engine.start(startOf('p')), { pid: 'p', created: false })
      const lane = await puppet.next()
      const start = (name: string) => ({
        type: 'start' as const,
        key: keyOf(name),
        request: startOf('child', { parent: { pid: lane.pid, key: keyOf('end') } }),
      })
      lane.frame(['first'], { sent: [start('first')] })
      lane.frame(['again'], { sent: [start('again')] })
      const results = [await lane.next(), await lane.next()].map((event) =>
        event?.type === 'sent' ? event.result : event?.type,
      )
      assert.deepEqual(results, ['queued', 'duplicate'])
      assert.equal((await puppet.next()).pid, 'child')
      assert.equal(puppet.isIdle, true)
    },
  },
  {
    rule: 'C3',
    title: 'the end of a child is a control of its parent, once, whoever is resting',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const parent = await puppet.next()
      parent.frame(['spawn'], {
        sent: [
          {
            type: 'start',
            key: keyOf('c'),
            request: startOf('child', { parent: { pid: parent.pid, key: keyOf('end') } }),
          },
        ],
      })
      await parent.next()
      parent.frame(['join'], { waits: [{ key: keyOf('end'), on: { kind: 'child', pid: 'child' as never } }] })
      assert.equal(await parent.rest(), true)
      const child = await puppet.next()
      const ended = {
        id: 'child!ended',
        type: 'childEnded' as const,
        child: child.pid,
        key: keyOf('end'),
        outcome: { type: 'cancelled' as const },
        cap: {},
        spent: {},
        forfeited: {},
      }
      child.frame(['over'], { sent: [{ type: 'control', to: parent.pid, control: ended }] })
      await child.end()
      const woken = await puppet.next()
      const event = await woken.next()
      assert.ok(event?.type === 'control' && event.control.type === 'childEnded')
      woken.frame(['heard'])
      assert.equal(await engine.control(parent.pid, ended), 'duplicate')
    },
  },
  {
    rule: 'C5',
    title:
      'a cancel before the start leaves a tombstone: the late start is refused, and its payer gets everything back',
    async check(stage) {
      assert.equal(await stage.engine.control('child' as never, cancelOf('c')), 'queued')
      assert.equal(await stage.engine.control('child' as never, cancelOf('c')), 'duplicate')
      const { engine, puppet, quiet } = await stage.reopen('crash')
      await engine.start(startOf('p'))
      const parent = await puppet.next()
      const cap = { toolCalls: 7 }
      const child = startOf('child', { cap, parent: { pid: parent.pid, key: keyOf('end') } })
      parent.frame(['spawn'], { sent: [starting(child)] })
      const events = [await parent.next(), await parent.next()]
      const control = events.flatMap((event) => (event?.type === 'control' ? [event.control] : []))[0]
      assert.ok(control?.type === 'childEnded')
      const { child: pid, key, outcome, spent, cap: refund } = control
      assert.deepEqual([pid, key, refund, spent, outcome.type], ['child', keyOf('end'), cap, {}, 'cancelled'])
      const sent = events.find((event) => event?.type === 'sent')
      assert.deepEqual(sent, { type: 'sent', key: keyOf('start-child'), result: 'ended' })
      assert.deepEqual(await engine.start(child), { pid: 'child', created: false })
      assert.equal(await engine.inspect(child.pid), undefined)
      assert.equal(await parent.next(0), undefined, 'its payer is told once')
      await quiet()
    },
  },
  {
    rule: 'X5',
    title: 'a control is told whether anybody will hear it',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const cancel = { id: 'c', type: 'cancel' as const, reason: 'stop', by: 'test' }
      assert.equal(await engine.control(lane.pid, cancel), 'queued')
      assert.equal(await engine.control(lane.pid, cancel), 'duplicate')
      await lane.next()
      await lane.end()
      assert.equal(await engine.control(lane.pid, { ...cancel, id: 'late' }), 'ended')
    },
  },
  {
    rule: 'X8',
    title: 'a failed process is open again by a reopen, with what came too late behind it; no other control opens it',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const first = await puppet.next()
      first.frame(['failed'])
      await first.fail()
      assert.equal((await engine.inspect(first.pid))?.status, 'failed')
      assert.equal(await engine.control(first.pid, cancelOf('late')), 'ended')
      assert.equal(await engine.control(first.pid, { id: 'again', type: 'reopen', by: 'x' }), 'queued')
      assert.equal(await engine.control(first.pid, { id: 'again', type: 'reopen', by: 'x' }), 'duplicate')
      const second = await puppet.next()
      const event = await second.next()
      assert.equal(event?.type === 'control' ? event.control.type : event?.type, 'reopen')
      second.frame(['reopened'])
      await second.end()
      const view = await engine.inspect(second.pid)
      assert.equal(view?.status, 'done')
      assert.equal(await engine.control(second.pid, { id: 'third', type: 'reopen', by: 'x' }), 'ended')
    },
  },
]
