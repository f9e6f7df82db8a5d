/** M: messages arrive once, in the order of their sender, and the limits say so. */
import assert from 'node:assert/strict'
import { limits } from '../../../std/index.ts'
import type { EngineRule } from '../engine-stage.ts'
import { keyOf, messageOf, saying, startOf } from '../puppet.ts'
import type { Lane } from '../puppet.ts'

/** The rules of messages. */
export const MESSAGE_RULES: readonly EngineRule[] = [
  {
    rule: 'M1',
    title: 'the order of a sender is kept, within a frame and between frames, also in the mailbox',
    async check(stage) {
      const { engine, puppet } = stage
      await engine.start(startOf('sender'))
      const sender = await puppet.next()
      await engine.start(startOf('receiver'))
      const receiver = await puppet.next()
      const say = (ids: readonly string[]): void =>
        sender.frame(ids, {
          sent: ids.map((id) => ({
            type: 'message' as const,
            key: keyOf(id),
            message: messageOf('receiver', id, { from: sender.pid }),
          })),
        })
      say(['a', 'b'])
      say(['c'])
      say(['d', 'e'])
      const heardBy = async (lane: Lane): Promise<string> => {
        const ids: string[] = []
        while (ids.length < 5) ids.push((await lane.message()).id)
        return ids.join(' ')
      }
      assert.equal(await heardBy(receiver), 'a b c d e')
      const reopened = await stage.reopen('crash')
      assert.equal(await heardBy(await reopened.puppet.nextOf('receiver')), 'a b c d e')
    },
  },
  {
    rule: 'M2',
    title: 'an id is delivered once, also after it was consumed, and over a crash',
    async check(stage) {
      const { engine, puppet } = stage
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      assert.equal(await engine.deliver(messageOf('p', 'm')), 'queued')
      assert.equal(await engine.deliver(messageOf('p', 'm')), 'duplicate')
      const { id } = await lane.message()
      lane.frame(['took'], { consumed: [id] })
      assert.equal(await engine.deliver(messageOf('p', 'm')), 'duplicate')
      const reopened = await stage.reopen('crash')
      assert.equal(await reopened.engine.deliver(messageOf('p', 'm')), 'duplicate')
    },
  },
  {
    rule: 'M2',
    title: 'what a process sends twice is heard once, and the sender is told',
    async check({ engine, puppet }) {
      await engine.start(startOf('receiver'))
      const receiver = await puppet.next()
      await engine.start(startOf('sender'))
      const sender = await puppet.next()
      const results: unknown[] = []
      for (const ids of [
        ['a', 'a'],
        ['a', 'b'],
      ]) {
        sender.frame(['said'], { sent: ids.map((id) => saying(messageOf('receiver', id, { from: sender.pid }))) })
        for (const _ of ids) results.push(await sender.next())
      }
      assert.deepEqual(
        results,
        ['queued', 'duplicate', 'duplicate', 'queued'].map((result, i) => ({
          type: 'sent',
          key: keyOf(i < 3 ? 'say-a' : 'say-b'),
          result,
        })),
      )
      assert.deepEqual([(await receiver.message()).id, (await receiver.message()).id], ['a', 'b'])
      assert.equal(await receiver.next(0), undefined)
    },
  },
  {
    rule: 'M3',
    title: 'a message that was refused leaves the mailbox with its frame',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      await stage.engine.deliver(messageOf('p', 'odd'))
      const { id } = await lane.message()
      lane.frame(['refused'], { dead: [{ id, why: 'not a number' }] })
      await lane.durable()
      const { engine, puppet, rig } = await stage.reopen('crash')
      assert.equal(await (await puppet.next()).next(0), undefined)
      await rig.arrived?.()
      assert.equal((await engine.inspect(lane.pid))?.mailbox, 0)
    },
  },
  {
    rule: 'M4',
    title: 'a message is in the mailbox until the frame that consumes it is durable',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      await stage.engine.deliver(messageOf('p', 'one'))
      await stage.engine.deliver(messageOf('p', 'two'))
      const first = await lane.message()
      await lane.message()
      lane.frame(['took one'], { consumed: [first.id] })
      await lane.durable()
      const { puppet } = await stage.reopen('crash')
      const next = await puppet.next()
      assert.equal((await next.message()).id, 'two')
      assert.equal(await next.next(0), undefined)
    },
  },
  {
    rule: 'M6',
    title: 'nobody of that pid is "unknown"; one that has ended is "ended"',
    async check({ engine, puppet }) {
      assert.equal(await engine.deliver(messageOf('nobody', 'm')), 'unknown')
      await engine.start(startOf('p'))
      await (await puppet.next()).end()
      assert.equal(await engine.deliver(messageOf('p', 'm')), 'ended')
    },
  },
  {
    rule: 'M6',
    title: 'a full mailbox says so, and takes more when it was read',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const body = { text: JSON.stringify('x'.repeat(limits.MESSAGE_BYTES_MAX - 100)) }
      const fits = Math.floor(limits.MAILBOX_BYTES_MAX / limits.MESSAGE_BYTES_MAX)
      const results = await Promise.all(
        Array.from({ length: fits + 2 }, (_, i) => engine.deliver(messageOf('p', `m${i}`, { body }))),
      )
      // Which of them found it full is not said: they were all sent at once.
      const queued = results.filter((result) => result === 'queued').length
      const isSaid = results.every((result) => result === 'queued' || result === 'full')
      assert.ok(isSaid && queued >= fits && queued < results.length, results.join(' '))
      assert.equal((await engine.inspect(lane.pid))?.mailbox, queued)
      const { id } = await lane.message()
      lane.frame(['took'], { consumed: [id] })
      await lane.durable()
      await rig.arrived?.()
      assert.equal(await engine.deliver(messageOf('p', 'more', { body })), 'queued')
    },
  },
]
