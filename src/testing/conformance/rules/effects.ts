/** E: nothing outward before it is durable. */
import assert from 'node:assert/strict'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule } from '../engine-stage.ts'
import { keyOf, messageOf, namesOf, startOf } from '../puppet.ts'

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
    title: 'a local effect runs ahead, an outward one waits for every frame before it',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const started: string[] = []
      lane.frame(['first'])
      lane.perform('read', 'read', () => started.push('read'))
      lane.perform('write', 'write', () => started.push('write'))
      lane.perform('local', 'local', () => started.push('local'))
      for (let ends = 0; ends < 3; ends++) assert.equal((await lane.next())?.type, 'settled')
      assert.equal(started[0], 'local')
      assert.deepEqual(started.toSorted(), ['local', 'read', 'write'])
    },
  },
  {
    rule: 'E4',
    title: 'an attempt that another owner began is a re-execution, one of its own is not',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const { activation } = await puppet.next()
      const seen: boolean[] = []
      for (const begun of [undefined, activation.owner, 'another' as typeof activation.owner]) {
        activation.perform({ key: keyOf(`e-${begun}`), attempt: 1, class: 'write', begun }, async ({ reexecution }) => {
          seen.push(reexecution)
          return { outcome: { type: 'cancelled' } }
        })
        assert.deepEqual(await activation.next(), {
          type: 'settled',
          key: keyOf(`e-${begun}`),
          attempt: 1,
          settled: { outcome: { type: 'cancelled' } },
        })
      }
      assert.deepEqual(seen, [false, false, true])
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
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      lane.perform('e', 'read', (signal) => {
        begin()
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted = true
            reject(new Error('aborted'))
          }),
        )
      })
      await begun
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
      const aborted: string[] = []
      const performed = (name: string): Promise<void> =>
        new Promise((begin) =>
          lane.perform(name, 'read', (signal) => {
            begin()
            return new Promise<void>((end) => {
              const hear = (): void => {
                aborted.push(name)
                end()
              }
              // One aborted while it still waits for its frame finds its signal aborted when it starts.
              if (signal.aborted) hear()
              else signal.addEventListener('abort', hear)
            })
          }),
        )
      await Promise.all([performed('one'), performed('two')])
      lane.activation.abort(keyOf('one'))
      const heard = async (): Promise<unknown> => {
        const event = await lane.next()
        return event?.type === 'settled' ? event.key : event?.type
      }
      assert.equal(await heard(), keyOf('one'))
      lane.frame(['begun'])
      const held = performed('held')
      lane.activation.abort(keyOf('held'))
      await held
      assert.equal(await heard(), keyOf('held'))
      assert.deepEqual(aborted, ['one', 'held'])
    },
  },
]
