/** What operators see. */
import assert from 'node:assert/strict'
import type { Change } from '../../../engine/index.ts'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule } from '../engine-stage.ts'
import { cancelOf, keyOf, messageOf, namesOf, startOf } from '../puppet.ts'

/** The rules of views. */
export const VIEW_RULES: readonly EngineRule[] = [
  {
    rule: 'history',
    title: 'is read from any fact on, by frame, and is empty for nobody',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['a', 'b'])
      lane.frame(['c'])
      lane.frame(['d'])
      await lane.end()
      const from = async (seq: number): Promise<readonly string[]> =>
        namesOf((await gather(engine.history(lane.pid, seq as never))).flatMap((frame) => frame.facts))
      assert.deepEqual(await from(0), ['a', 'b', 'c', 'd'])
      assert.deepEqual(await from(1), ['a', 'b', 'c', 'd'])
      assert.deepEqual(await from(2), ['c', 'd'])
      assert.deepEqual(await from(9), [])
      assert.deepEqual(await gather(engine.history('nobody' as never)), [])
    },
  },
  {
    rule: 'inspect',
    title: 'shows status, waits and result as they change',
    async check(stage) {
      const { engine, puppet } = stage
      assert.equal(await engine.inspect('p' as never), undefined)
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['asked'], { waits: [{ key: keyOf('q'), on: { kind: 'answer', title: 'sure?' } }] })
      await lane.rest()
      const resting = await engine.inspect(lane.pid)
      assert.equal(resting?.status, 'waiting')
      assert.deepEqual(resting?.waits, [{ key: keyOf('q'), on: { kind: 'answer', title: 'sure?' } }])
      await engine.control(lane.pid, { id: 'c', type: 'cancel', reason: 'wake', by: 'test' })
      const woken = await puppet.next()
      await woken.next()
      await woken.end('value')
      const ended = await engine.inspect(lane.pid)
      assert.deepEqual(
        [ended?.status, ended?.result, ended?.waits],
        ['done', { type: 'ok', value: { text: '"value"' } }, []],
      )
      assert.deepEqual(await (await stage.reopen('crash')).engine.inspect(lane.pid), ended)
    },
  },
  {
    rule: 'inspect',
    title: 'who was woken has been ready since then, not since it came to rest',
    async check({ engine, puppet, host, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['asked'], { waits: [{ key: keyOf('q'), on: { kind: 'answer', title: 'sure?' } }] })
      await lane.rest()
      await rig.arrived?.()
      await host[Symbol.asyncDispose]()
      await rig.sleep(50)
      const woken = rig.now()
      await engine.control(lane.pid, cancelOf('c'))
      const view = await engine.inspect(lane.pid)
      // Where a wake-up is no act of its own it rests until somebody runs it.
      if (view?.status === 'ready') assert.ok(view.updatedAt >= woken, `${view.updatedAt} is before ${woken}`)
      else assert.equal(view?.status, 'waiting')
    },
  },
  {
    rule: 'pending',
    title: 'controls that nobody has heard yet are told, oldest first, and no messages',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const said = async (): Promise<readonly string[]> =>
        ((await engine.pending?.(lane.pid)) ?? []).map(({ id }) => id)
      assert.deepEqual(await said(), [])
      await engine.control(lane.pid, cancelOf('first'))
      await engine.deliver(messageOf('p', 'm'))
      await engine.control(lane.pid, cancelOf('second'))
      assert.deepEqual(await said(), ['first', 'second'])
      await lane.next()
      lane.frame(['heard'])
      await lane.durable()
      await rig.arrived?.()
      assert.deepEqual(await said(), ['second'])
      assert.deepEqual(await engine.pending?.('nobody' as never), [])
    },
  },
  {
    rule: 'list',
    title: 'finds processes by root, parent, workflow and status',
    async check({ engine, puppet }) {
      await engine.start(startOf('a'))
      await engine.start(startOf('b', { workflow: 'other' }))
      const lanes = [await puppet.next(), await puppet.next()]
      const a = lanes.find((lane) => lane.pid === 'a')
      a?.frame(['spawn'], {
        sent: [
          {
            type: 'start',
            key: keyOf('c'),
            request: startOf('a-child', {
              root: 'a' as never,
              depth: 1,
              parent: { pid: 'a' as never, key: keyOf('end') },
            }),
          },
        ],
      })
      await a?.next()
      await lanes.find((lane) => lane.pid === 'b')?.end()
      const found = async (query: Parameters<typeof engine.list>[0]): Promise<readonly string[]> =>
        (await gather(engine.list(query))).map((view) => view.pid).toSorted()
      assert.deepEqual(await found({}), ['a', 'a-child', 'b'])
      assert.deepEqual(await found({ root: 'a' as never }), ['a', 'a-child'])
      assert.deepEqual(await found({ parent: 'a' as never }), ['a-child'])
      assert.deepEqual(await found({ workflow: 'other' }), ['b'])
      assert.deepEqual(await found({ status: ['done'] }), ['b'])
      assert.equal((await gather(engine.list({ limit: 2 }))).length, 2)
    },
  },
  {
    rule: 'watch',
    title: 'tells of every durable frame and of the end, in order',
    async check({ engine, puppet }) {
      const over = new AbortController()
      const changes: Change[] = []
      const watching = (async () => {
        for await (const change of engine.watch({}, over.signal)) {
          changes.push(change)
          if (change.status === 'done') return
        }
      })()
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['a'])
      lane.frame(['b'])
      await lane.end()
      await watching
      over.abort()
      assert.deepEqual(namesOf(changes.flatMap((change) => change.frame?.facts ?? [])), ['a', 'b'])
      assert.equal(changes.at(-1)?.status, 'done')
    },
  },
  {
    rule: 'watch',
    title: 'tells only of those that were asked for, and ends when it is told to',
    async check({ engine, puppet }) {
      const over = new AbortController()
      const seen = gather(engine.watch({ workflow: 'mine' }, over.signal))
      for (const workflow of ['mine', 'other']) {
        await engine.start(startOf(workflow, { workflow }))
        await (await puppet.next()).end()
      }
      over.abort()
      assert.deepEqual([...new Set((await seen).map((change) => change.pid))], ['mine'])
    },
  },
]
