/** E: nothing outward before it is durable. */
import assert from 'node:assert/strict'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule } from '../describe-engine.ts'
import { messageOf, namesOf, startOf } from '../puppet.ts'

/** The rules of effects. */
export const EFFECT_RULES: readonly EngineRule[] = [
  {
    rule: 'E2',
    title: 'begun is durable before the driver of a read or a write starts',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      for (const kind of ['read', 'write'] as const) {
        lane.frame([kind])
        let durable: readonly string[] = []
        lane.perform(
          kind,
          kind,
          async () => (durable = namesOf((await gather(engine.history(lane.pid))).flatMap((frame) => frame.facts))),
        )
        assert.equal((await lane.next())?.type, 'settled')
        assert.ok(durable.includes(kind), `the driver of a ${kind} saw ${durable.join(' ')}`)
      }
    },
  },
  {
    rule: 'E3',
    title: 'what a frame sends is heard when it is durable, and never if it is not',
    async check(stage) {
      const { engine, puppet } = stage
      await engine.start(startOf('sender'))
      const sender = await puppet.next()
      await engine.start(startOf('receiver'))
      const receiver = await puppet.next()
      sender.frame(['said'], { sent: [{ type: 'message', key: 'k' as never, message: messageOf('receiver', 'm') }] })
      assert.equal((await receiver.message()).id, 'm')
      const durable = namesOf((await gather(engine.history(sender.pid))).flatMap((frame) => frame.facts))
      assert.deepEqual(durable, ['said'])
      assert.deepEqual(await sender.next(), { type: 'sent', key: 'k', result: 'queued' })
    },
  },
  {
    rule: 'E9',
    title: 'an abort by the host is no outcome: the effect is still begun for the next owner',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      lane.frame(['begun'])
      let aborted = false
      lane.perform(
        'e',
        'write',
        (signal) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              aborted = true
              reject(new Error('aborted'))
            }),
          ),
      )
      await stage.rig.sleep(5)
      const events = (async () => {
        for (;;) await lane.next()
      })()
      const drained = stage.reopen('close')
      await assert.rejects(events)
      const { puppet } = await drained
      assert.equal(aborted, true)
      const next = await puppet.next()
      assert.deepEqual(namesOf(next.activation.facts), ['begun'])
      assert.notEqual(next.activation.owner, lane.activation.owner)
    },
  },
  {
    rule: 'X2',
    title: 'abort reaches one effect only, and its end is heard',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['begun'])
      // An effect may be aborted while it still waits for its frame: its signal is then aborted from the start.
      const until = (signal: AbortSignal): Promise<string> =>
        new Promise((resolve) => {
          if (signal.aborted) resolve('aborted')
          signal.addEventListener('abort', () => resolve('aborted'))
        })
      lane.perform('one', 'read', until)
      let isOtherAborted = false
      lane.perform('two', 'read', async (signal) => {
        signal.addEventListener('abort', () => (isOtherAborted = true))
        return new Promise(() => {})
      })
      lane.activation.abort('step:one:-#0' as never)
      const event = await lane.next()
      assert.ok(event?.type === 'settled' && event.key === 'step:one:-#0')
      assert.equal(isOtherAborted, false)
    },
  },
]
