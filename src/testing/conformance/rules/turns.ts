/** T: one activation per process, one atomic frame, one queue. */
import assert from 'node:assert/strict'
import { limits, SkeinError } from '../../../std/index.ts'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule, EngineStage } from '../engine-stage.ts'
import { cancelOf, keyOf, Lane, messageOf, namesOf, saying, startOf, starting } from '../puppet.ts'

const TURNS_MAX = 20
/** Turns in which an engine may roll forward what was durable when its owner died. */
const ROLL_FORWARD_TURNS_MAX = 500

const hasCode = (code: string) => (error: unknown) => SkeinError.isInstance(error) && error.code === code

/** What a frame does, as a later owner sees it: facts, child, its mail, waits, mail left. */
async function seenOf({ engine }: EngineStage, pid: string): Promise<readonly number[]> {
  const facts = (await gather(engine.history(pid as never))).flatMap((frame) => frame.facts)
  const child = await engine.inspect(`${pid}-child` as never)
  const view = await engine.inspect(pid as never)
  return [facts.length, child === undefined ? 0 : 1, child?.mailbox ?? 0, view?.waits.length ?? 0, view?.mailbox ?? 0]
}

const isOneOf = (seen: readonly number[], ends: readonly (readonly number[])[]): boolean =>
  ends.some((end) => end.join() === seen.join())

/** Frames something of every kind, lets the engine take `turns` steps, kills it. */
async function killInFrame(stage: EngineStage, turns: number): Promise<{ readonly pid: string; next: EngineStage }> {
  const pid = `p${turns}`
  await stage.engine.start(startOf(pid))
  const lane = await stage.puppet.nextOf(pid)
  await stage.engine.deliver(messageOf(pid, 'in'))
  const { id } = await lane.message()
  await lane.durable()
  lane.frame(['frame'], {
    consumed: [id],
    sent: [
      starting(startOf(`${pid}-child`, { parent: { pid: lane.pid, key: keyOf('end') } })),
      saying(messageOf(`${pid}-child`, 'hello')),
    ],
    waits: [{ key: keyOf('w'), on: { kind: 'promise', name: 'w' } }],
  })
  for (let turn = 0; turn < turns; turn++) await stage.rig.turn()
  return { pid, next: await stage.reopen('crash') }
}

/** The rules of activations and turns. */
export const TURN_RULES: readonly EngineRule[] = [
  {
    rule: 'T1',
    title: 'each owner has a larger epoch, each activation an owner id of its own',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      const first = lane.activation
      if (stage.rig.runsAhead === true) await lane.durable()
      const { puppet } = await stage.reopen('crash')
      const second = (await puppet.next()).activation
      assert.ok(second.epoch > first.epoch)
      assert.notEqual(second.owner, first.owner)
      assert.ok(second.ownerDeath === 'known' || second.ownerDeath === 'presumed')
    },
  },
  {
    rule: 'T1',
    title: 'a process is activated once at a time, whatever comes for it',
    async check({ engine, puppet, quiet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['asked'], {
        waits: [
          { key: keyOf('m'), on: { kind: 'message', pattern: {} } },
          { key: keyOf('t'), on: { kind: 'timer', dueAt: rig.now() } },
        ],
      })
      await engine.deliver(messageOf('p', 'm'))
      await engine.control(lane.pid, cancelOf('c'))
      await engine.start(startOf('p'))
      const heard = [await lane.next(), await lane.next(), await lane.next()].map((event) => String(event?.type))
      assert.deepEqual(heard.toSorted(), ['control', 'message', 'timer'])
      await quiet()
      assert.equal((await engine.inspect(lane.pid))?.activations, 1)
    },
  },
  {
    rule: 'T1',
    title: 'the next activation of a process waits until the run of the one before has returned',
    async check({ engine, host }) {
      await host[Symbol.asyncDispose]()
      const log: string[] = []
      const { promise: other, resolve: tell } = Promise.withResolvers<void>()
      const { promise: done, resolve: finish } = Promise.withResolvers<void>()
      await engine.host(async (activation) => {
        const lane = new Lane(activation)
        if (activation.pid === 'other') {
          await lane.end()
          return tell()
        }
        log.push('begin')
        if (log.length > 1) {
          await lane.end()
          return finish()
        }
        await lane.yield()
        await engine.start(startOf('other'))
        await other
        log.push('return')
      })
      await engine.start(startOf('p'))
      await done
      assert.deepEqual(log, ['begin', 'return', 'begin'])
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
      await old.durable()
      const usurper = await rig.usurp?.()
      assert.ok(usurper !== undefined)
      let started = false
      const { signal } = old.activation
      const over = new Promise<void>((resolve) => {
        // It may have heard of it before anybody listens.
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      // An engine may have heard of it already: then the lane refuses.
      const tried = (act: () => void): void => {
        try {
          act()
        } catch (error) {
          if (!hasCode('LOST_EPOCH')(error)) throw error
        }
      }
      tried(() => old.frame(['after']))
      tried(() => old.perform('e', 'write', () => (started = true)))
      const isBack = await engine.start(startOf('q')).then(
        () => true,
        (error: unknown) => {
          assert.ok(hasCode('LOST_EPOCH')(error), String(error))
          return false
        },
      )
      assert.ok(!isBack || rig.rejoins === true, 'whoever was overtaken writes only as somebody new')
      await over
      assert.equal(hasCode('LOST_EPOCH')(signal.reason), true)
      await usurper.start(startOf('r'))
      assert.equal(started, false)
      assert.equal((await usurper.inspect('q' as never)) !== undefined, isBack)
      assert.deepEqual(namesOf((await gather(usurper.history(old.pid))).flatMap((frame) => frame.facts)), ['before'])
    },
  },
  {
    rule: 'T2',
    title: 'control overtakes messages; the rest comes in order of arrival',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      await engine.deliver(messageOf('p', 'm1'))
      await engine.deliver(messageOf('p', 'm2'))
      await engine.control(lane.pid, cancelOf('c'))
      await rig.arrived?.()
      assert.equal((await lane.next())?.type, 'control')
      assert.deepEqual([(await lane.message()).id, (await lane.message()).id], ['m1', 'm2'])
    },
  },
  {
    rule: 'T2',
    title: 'a control is heard again after a crash until the frame after it is durable, and then no more',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      await stage.engine.control(lane.pid, cancelOf('c'))
      assert.equal((await lane.next())?.type, 'control')
      const second = await stage.reopen('crash')
      const again = await second.puppet.next()
      assert.deepEqual(await again.next(), { type: 'control', control: cancelOf('c') })
      again.frame(['heard'])
      await again.durable()
      const third = await second.reopen('crash')
      assert.equal(await (await third.puppet.next()).next(0), undefined)
      assert.equal(await third.engine.control(lane.pid, cancelOf('c')), 'duplicate')
    },
  },
  {
    rule: 'T4',
    title: 'a frame is durable as a whole or not at all, whenever its owner dies',
    async check(stage) {
      const nothing = [0, 0, 0, 0, 1]
      const all = [1, 1, 1, 1, 0]
      let current = stage
      let lost = 0
      for (let turns = 0; turns < TURNS_MAX; turns++) {
        const { pid, next } = await killInFrame(current, turns)
        current = next
        let seen = await seenOf(next, pid)
        for (let turn = 0; turn < ROLL_FORWARD_TURNS_MAX && !isOneOf(seen, [nothing, all]); turn++) {
          await next.rig.turn()
          seen = await seenOf(next, pid)
        }
        if (seen[0] === 1) {
          assert.deepEqual(seen, all, `killed ${turns} turns after the frame`)
          assert.ok(lost > 0, 'killed at once, nothing of the frame is there')
          return
        }
        assert.deepEqual(seen, nothing, `killed ${turns} turns after the frame`)
        lost += 1
      }
      assert.fail(`the frame is not durable after ${TURNS_MAX} turns`)
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
      await lane.durable()
      rig.failNextCommit?.()
      let started = false
      lane.frame(['lost'])
      lane.perform('e', 'write', () => (started = true))
      await assert.rejects(async () => {
        for (;;) await lane.next()
      })
      assert.equal(lane.activation.signal.aborted, true)
      await assert.rejects(engine.start(startOf('q')), (error) => SkeinError.isInstance(error) && error.retryable)
      assert.equal(started, false)
      const reopened = await stage.reopen('crash')
      assert.equal(await reopened.engine.inspect('q' as never), undefined)
      assert.deepEqual(namesOf((await reopened.puppet.next()).activation.facts), ['kept'])
    },
  },
  {
    rule: 'T5',
    title: 'what is too large is refused before it is queued, and harms nobody',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const huge = messageOf('p', 'huge', { body: { text: JSON.stringify('x'.repeat(limits.MESSAGE_BYTES_MAX)) } })
      const together = [engine.start(startOf('q')), engine.deliver(messageOf('p', 'm'))]
      await assert.rejects(engine.deliver(huge), hasCode('VALUE_TOO_LARGE'))
      assert.throws(() => lane.frame([], { sent: [saying(huge)] }), hasCode('VALUE_TOO_LARGE'))
      lane.frame(['next'])
      assert.deepEqual(await Promise.all(together), [{ pid: 'q', created: true }, 'queued'])
      assert.equal((await lane.message()).id, 'm')
      await lane.end()
      assert.deepEqual(
        (await gather(engine.history(lane.pid))).map((frame) => frame.n),
        [0],
      )
    },
  },
]
