/** Hosts that come and go: drain, boot, and what was parked. */
import assert from 'node:assert/strict'
import type { EngineRule } from '../engine-stage.ts'
import { cancelOf, messageOf, namesOf, Puppet, startOf } from '../puppet.ts'

/** The rules of hosts. */
export const HOST_RULES: readonly EngineRule[] = [
  {
    rule: 'drain',
    title: 'closing the engine takes activations away, keeps what they framed, and frees the store',
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
    rule: 'drain',
    title: 'a host that leaves ends its activations and starts none; the next one goes on where it was',
    async check({ engine, puppet, host }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['kept'])
      const waiting = lane.next()
      const left = host[Symbol.asyncDispose]()
      await assert.rejects(waiting)
      await left
      assert.equal(lane.activation.signal.aborted, true)
      assert.equal((await engine.start(startOf('q'))).created, true)
      assert.equal((await engine.inspect(lane.pid))?.status, 'ready')
      const successor = new Puppet()
      await engine.host(successor.run)
      const lanes = [await successor.next(), await successor.next()]
      assert.deepEqual(lanes.map((one) => one.pid).toSorted(), ['p', 'q'])
      assert.deepEqual(
        lanes.flatMap((one) => namesOf(one.activation.facts)),
        ['kept'],
      )
      assert.equal(puppet.isIdle, true)
    },
  },
  {
    rule: 'drain',
    title: 'a plain write in flight may end, and is heard; meanwhile everything but plain writes goes on',
    async check({ engine, puppet, host }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const { promise: answer, resolve: settle } = Promise.withResolvers<string>()
      lane.frame(['begun'])
      lane.perform('mail', 'write', () => answer)
      const heard = lane.next()
      const left = host[Symbol.asyncDispose]()
      assert.equal(lane.activation.draining, 'writes')
      await engine.start(startOf('q'))
      const other = await puppet.next()
      assert.deepEqual([other.pid, other.activation.draining], ['q', 'writes'])
      await other.end()
      settle('sent')
      const event = await heard
      assert.equal(event?.type, 'settled')
      lane.frame(['settled'])
      await assert.rejects(lane.next())
      await left
      const successor = new Puppet()
      await engine.host(successor.run)
      const next = await successor.next()
      assert.deepEqual(namesOf(next.activation.facts), ['begun', 'settled'])
    },
  },
  {
    rule: 'drain',
    title: 'what comes for a process that is being taken away is kept for the next host',
    async check({ engine, puppet, host }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const { promise: answer, resolve: settle } = Promise.withResolvers<void>()
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      lane.perform('slow', 'read', () => {
        begin()
        return answer
      })
      await begun
      const heard = lane.next()
      const left = host[Symbol.asyncDispose]()
      assert.equal(lane.activation.draining === undefined, false)
      while (lane.activation.draining !== 'all') await Promise.resolve()
      assert.equal(await engine.deliver(messageOf('p', 'm')), 'queued')
      assert.equal(await engine.control(lane.pid, cancelOf('c')), 'queued')
      settle()
      assert.equal((await heard)?.type, 'settled')
      await assert.rejects(lane.next())
      await left
      const successor = new Puppet()
      await engine.host(successor.run)
      const next = await successor.next()
      assert.deepEqual([(await next.next())?.type, (await next.next())?.type], ['control', 'message'])
    },
  },
  {
    rule: 'E9',
    title: 'after an activation was taken away none of its drivers is started, and none is heard',
    async check({ engine, puppet, host, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const { promise: late, resolve: settle } = Promise.withResolvers<string>()
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      lane.perform('deaf', 'read', () => {
        begin()
        return late
      })
      await begun
      await host[Symbol.asyncDispose]()
      const successor = new Puppet()
      await engine.host(successor.run)
      const next = await successor.next()
      let started = false
      const performed = (): void => lane.perform('late', 'local', () => (started = true))
      await Promise.resolve()
        .then(performed)
        .catch(() => {})
      settle('too late')
      await rig.turn()
      assert.equal(started, false)
      assert.equal(await next.next(0), undefined)
      assert.deepEqual(next.activation.facts, [])
    },
  },
  {
    rule: 'boot',
    title: 'a new owner takes over everything unfinished by itself, and leaves what rests and what has ended',
    async check(stage) {
      for (const pid of ['running', 'resting', 'ended']) await stage.engine.start(startOf(pid))
      for (const lane of [await stage.puppet.next(), await stage.puppet.next(), await stage.puppet.next()]) {
        lane.frame(['begun'])
        if (lane.pid === 'resting') await lane.rest()
        else if (lane.pid === 'ended') await lane.end()
        else await lane.durable()
      }
      await stage.host[Symbol.asyncDispose]()
      await stage.engine.start(startOf('unhosted'))
      const { puppet, quiet, engine } = await stage.reopen('crash')
      const pids = [(await puppet.next()).pid, (await puppet.next()).pid]
      assert.deepEqual(pids.toSorted(), ['running', 'unhosted'])
      await quiet()
      assert.equal((await engine.inspect('resting' as never))?.status, 'waiting')
      assert.equal((await engine.inspect('ended' as never))?.status, 'done')
    },
  },
  {
    rule: 'U1',
    title: 'a parked process is tried once by the next owner, and by a control, but not by messages',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      await (await stage.puppet.next()).park()
      const view = await stage.engine.inspect('p' as never)
      assert.deepEqual([view?.status, view?.parked?.code], ['parked', 'CODE_ABSENT'])
      await stage.engine.deliver(messageOf('p', 'm'))
      await stage.quiet()
      const { puppet, engine, quiet } = await stage.reopen('close')
      const tried = await puppet.next()
      assert.equal(tried.pid, 'p')
      await tried.park()
      await quiet()
      await engine.control(tried.pid, cancelOf('c'))
      assert.equal((await puppet.next()).pid, 'p')
    },
  },
]
