/** FK: a fork is what its origin is, and is given its origin's facts until it is born. */
import assert from 'node:assert/strict'
import { NOTHING } from '../../../kernel/index.ts'
import type { ForkRequest, StartRequest } from '../../../kernel/index.ts'
import { asPid, asSeq } from '../../../std/index.ts'
import type { EngineRule } from '../engine-stage.ts'
import { keyOf, namesOf, startOf, starting } from '../puppet.ts'

/** A request to fork `from`; what it is, the engine must say. */
function forkOf(from: string, about: Partial<ForkRequest> = {}, more: Partial<StartRequest> = {}): StartRequest {
  return startOf('twin', { workflow: '', ...more, fork: { from: asPid(from), writes: 'refuse', ...about } })
}

/** The rules of forks. */
export const FORK_RULES: readonly EngineRule[] = [
  {
    rule: 'FK1',
    title:
      'a fork is of the kind, workflow and file of its origin, and is given its facts, also after a crash, until it is born',
    async check(stage) {
      await stage.engine.start(startOf('p', { file: 'p.ts' }))
      const lane = await stage.puppet.next()
      lane.frame(['a', 'b'])
      lane.frame(['c'])
      await lane.end()
      assert.equal((await stage.engine.start(forkOf('p', { seq: asSeq(1) }))).created, true)
      const first = await stage.puppet.next()
      assert.deepEqual([first.activation.start.workflow, first.activation.start.file], ['puppet', 'p.ts'])
      assert.deepEqual(namesOf(first.activation.origin ?? []).slice(0, 2), ['a', 'b'])
      assert.deepEqual(first.activation.facts, [])
      const { puppet } = await stage.reopen('crash')
      const again = await puppet.nextOf('twin')
      assert.deepEqual(namesOf(again.activation.origin ?? []).slice(0, 2), ['a', 'b'])
      again.frame(['born'])
      await again.yield()
      const later = await puppet.nextOf('twin')
      assert.deepEqual([namesOf(later.activation.facts), later.activation.origin ?? []], [['born'], []])
      await later.end()
    },
  },
  {
    rule: 'FK1',
    title: 'of an origin of several segments the one that holds the point is given, archived or not, the birth first',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frameFacts([
        {
          type: 'born',
          kind: 'workflow',
          workflow: 'puppet',
          version: '1',
          codeDigest: 'x',
          input: NOTHING,
          root: lane.pid,
          depth: 0,
          cap: {},
          strict: false,
          incarnation: 0,
        },
      ])
      for (const segment of [1, 2]) {
        lane.frame([`s${segment - 1}`])
        lane.frameFacts([{ type: 'snapshot', state: NOTHING, version: '1', segment, carried: NOTHING }])
      }
      lane.frame(['s2'])
      await lane.end()
      // born 0, s0 1, snapshot 2, s1 3, snapshot 4, s2 5
      for (const [seq, seqs] of [
        [1, [0, 1]],
        [2, [0, 2, 3]],
        [3, [0, 2, 3]],
        [5, [0, 4, 5]],
        [undefined, [0, 4, 5]],
      ] as const) {
        const pid = asPid(`twin-${seq}`)
        await engine.start(forkOf('p', seq === undefined ? {} : { seq: asSeq(seq) }, { pid, root: pid }))
        const fork = await puppet.next()
        assert.deepEqual(
          (fork.activation.origin ?? []).map((fact) => Number(fact.seq)),
          seqs,
          `forked at ${seq}`,
        )
        await fork.end()
      }
    },
  },
  {
    rule: 'FK1',
    title: 'nobody forks what is not there, and a run forks its own processes only: its payer gets everything back',
    async check({ engine, puppet }) {
      assert.equal((await engine.start(forkOf('nobody'))).created, false)
      assert.equal(await engine.inspect(asPid('twin')), undefined)
      await engine.start(startOf('stranger'))
      await (await puppet.next()).end()
      await engine.start(startOf('p'))
      const parent = await puppet.next()
      const cap = { toolCalls: 3 }
      const about = { root: parent.pid, depth: 1, cap, parent: { pid: parent.pid, key: keyOf('end') } }
      parent.frame(['spawn'], { sent: [starting(forkOf('stranger', {}, about))] })
      const events = [await parent.next(), await parent.next()]
      const refund = events.flatMap((event) => (event?.type === 'control' ? [event.control] : []))[0]
      assert.ok(refund?.type === 'childEnded' && refund.outcome.type === 'error')
      assert.deepEqual([refund.cap, refund.spent], [cap, {}])
      await parent.end()
    },
  },
]
