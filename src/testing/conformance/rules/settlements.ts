/** E10: whoever brings the answer of a pending effect knows its token only. */
import assert from 'node:assert/strict'
import { payloadOf } from '../../../kernel/index.ts'
import type { Event, Settlement, Wait } from '../../../kernel/index.ts'
import { asEffectKey } from '../../../std/index.ts'
import type { EngineRule } from '../engine-stage.ts'
import { keyOf, startOf } from '../puppet.ts'

const DONE: Settlement = { how: 'done', value: payloadOf('made'), by: 'far side' }

const pendingAs = (token: string, name = 'job'): Wait => ({
  key: asEffectKey(`${keyOf(name)}!pending`),
  on: { kind: 'pending', token, actual: {} },
})

function assertSettles(event: Event | undefined, token: string, name = 'job'): void {
  assert.ok(event?.type === 'control' && event.control.type === 'settle')
  const { id: _, ...control } = event.control
  assert.deepEqual(control, { type: 'settle', key: keyOf(name), token, ...DONE })
}

/** The rules of settlements. */
export const SETTLEMENT_RULES: readonly EngineRule[] = [
  {
    rule: 'E10',
    title: 'a settlement wakes the process that waits under its token, once, also over a crash',
    async check(stage) {
      const { engine, puppet } = stage
      for (const pid of ['other', 'p']) {
        await engine.start(startOf(pid))
        const lane = await puppet.next()
        lane.frame(['asked'], { waits: [pendingAs(`token of ${pid}`)] })
        assert.equal(await lane.rest(), true)
      }
      assert.equal(await engine.settle('token of p', DONE), 'queued')
      assert.equal(await engine.settle('token of p', DONE), 'duplicate')
      const reopened = await stage.reopen('crash')
      const lane = await reopened.puppet.next()
      assert.equal(lane.pid, 'p')
      assertSettles(await lane.next(), 'token of p')
      lane.frame(['settled'], { unwaits: [pendingAs('').key] })
      await lane.durable()
      assert.equal(await reopened.engine.settle('token of p', DONE), 'duplicate')
      await lane.end()
      assert.equal(await reopened.engine.settle('token of p', DONE), 'duplicate')
      await reopened.quiet()
    },
  },
  {
    rule: 'E10',
    title: 'a settlement that comes before its wait is kept for it, also over a crash; and it is heard with it',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      await stage.puppet.next()
      assert.equal(await stage.engine.settle('early', DONE), 'held')
      assert.equal(await stage.engine.settle('early', DONE), 'duplicate')
      const { engine, puppet } = await stage.reopen('crash')
      const lane = await puppet.next()
      lane.frame(['asked'], { waits: [pendingAs('early')] })
      assertSettles(await lane.next(), 'early')
      assert.equal(await engine.settle('early', DONE), 'duplicate')
    },
  },
  {
    rule: 'E10',
    title:
      'a wait that is opened anew is settled anew; a token nobody waits under is told so where it is not to be kept',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      assert.equal(await engine.settle('t', DONE, false), 'unknown')
      lane.frame(['asked'], { waits: [pendingAs('t')] })
      await lane.durable()
      while ((await lane.next())?.type !== 'settled');
      assert.equal(await engine.settle('t', DONE, false), 'queued')
      assertSettles(await lane.next(), 't')
      lane.frame(['refused'], { waits: [pendingAs('t')] })
      await lane.durable()
      while ((await lane.next())?.type !== 'settled');
      assert.equal(await engine.settle('t', DONE), 'queued')
      assertSettles(await lane.next(), 't')
      lane.frame(['lapsed'], { waits: [pendingAs('u')], unwaits: [pendingAs('t').key] })
      await lane.durable()
      assert.equal(await engine.settle('u', DONE, false), 'queued')
    },
  },
]
