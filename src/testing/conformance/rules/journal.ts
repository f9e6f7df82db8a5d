/** J: what is framed is kept, in order, as a chain. */
import assert from 'node:assert/strict'
import { CHAIN_START } from '../../../kernel/index.ts'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule } from '../describe-engine.ts'
import { keyOf, namesOf, noted, startOf } from '../puppet.ts'

/** The rules of journals. */
export const JOURNAL_RULES: readonly EngineRule[] = [
  {
    rule: 'J1',
    title: 'frames are dense, chained and in the order of the calls',
    async check({ engine, puppet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      for (const name of ['a', 'b', 'c']) lane.frame([name, `${name}2`])
      await lane.end()
      const frames = await gather(engine.history(lane.pid))
      assert.deepEqual(
        frames.map((frame) => frame.n),
        [0, 1, 2],
      )
      assert.deepEqual(
        frames.map((frame) => frame.prevHash),
        [CHAIN_START, ...frames.slice(0, -1).map((frame) => frame.hash)],
      )
      assert.deepEqual(namesOf(frames.flatMap((frame) => frame.facts)), ['a', 'a2', 'b', 'b2', 'c', 'c2'])
    },
  },
  {
    rule: 'J1',
    title: 'after a crash the journal is a prefix of what was framed, and the next activation is given it',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      const framed: string[] = []
      for (let round = 0; round < 20; round++) {
        lane.frame([`f${round}`])
        framed.push(`f${round}`)
        if (round % 5 === 4) await stage.rig.sleep(1)
      }
      const { puppet, engine } = await stage.reopen('crash')
      const next = await puppet.next()
      const given = namesOf(next.activation.facts)
      assert.deepEqual(given, framed.slice(0, given.length))
      assert.ok(given.length >= 15, 'what was committed before the last frames is there')
      assert.deepEqual(namesOf((await gather(engine.history(next.pid))).flatMap((frame) => frame.facts)), given)
    },
  },
  {
    rule: 'J4',
    title: 'an attempt is heard of once',
    async check({ engine, puppet, rig }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['begun'])
      lane.perform('e', 'read', () => 1)
      const event = await lane.next()
      assert.equal(event?.type, 'settled')
      await rig.sleep(5)
      assert.equal(await lane.next(0), undefined)
    },
  },
  {
    rule: 'A4',
    title: 'the facts of an activation begin with the last snapshot, led by the birth',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const lane = await stage.puppet.next()
      const payload = { text: 'null' }
      lane.frameFacts([
        {
          type: 'born',
          kind: 'workflow',
          workflow: 'puppet',
          version: '1',
          codeDigest: 'd',
          input: payload,
          root: lane.pid,
          depth: 0,
          cap: {},
          strict: false,
          incarnation: 0,
        },
      ])
      lane.frame(['old'])
      lane.frameFacts([{ type: 'snapshot', state: payload, version: '1', segment: 1, carried: payload }, noted('new')])
      await lane.rest()
      const { puppet, engine } = await stage.reopen('close')
      await engine.control(lane.pid, { id: 'c', type: 'cancel', reason: 'wake', by: 'test' })
      const { facts } = (await puppet.next()).activation
      assert.deepEqual(
        facts.map((fact) => fact.type),
        ['born', 'snapshot', 'settled'],
      )
      assert.equal(
        facts.some((fact) => 'key' in fact && fact.key === keyOf('old')),
        false,
      )
      assert.equal((await gather(engine.history(lane.pid))).flatMap((frame) => frame.facts).length, 4)
    },
  },
]
