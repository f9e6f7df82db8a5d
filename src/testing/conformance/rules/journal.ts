/** J: what is framed is kept, in order, as a chain. */
import assert from 'node:assert/strict'
import { CHAIN_START, payloadOf, valueOf } from '../../../kernel/index.ts'
import type { FactBody } from '../../../kernel/index.ts'
import { limits } from '../../../std/index.ts'
import { gather } from '../../simulation/gather.ts'
import type { EngineRule } from '../engine-stage.ts'
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
      const framed = Array.from({ length: 20 }, (_, i) => `f${i}`)
      for (const name of framed.slice(0, 15)) lane.frame([name])
      await lane.durable()
      for (const name of framed.slice(15)) lane.frame([name])
      const { puppet, engine } = await stage.reopen('crash')
      const next = await puppet.next()
      const given = namesOf(next.activation.facts)
      assert.deepEqual(given, framed.slice(0, given.length))
      assert.ok(given.length >= 15, 'what was durable is there')
      next.frame(['more'])
      await next.end()
      const frames = await gather(engine.history(next.pid))
      const facts = frames.flatMap((frame) => frame.facts)
      assert.deepEqual(namesOf(facts), [...given, 'more'])
      assert.deepEqual(
        facts.map((fact) => fact.seq),
        facts.map((_, i) => i),
      )
      for (const [i, frame] of frames.entries())
        assert.deepEqual([frame.n, frame.prevHash], [i, frames[i - 1]?.hash ?? CHAIN_START])
    },
  },
  {
    rule: 'J3',
    title: 'values of any allowed size come back whole, in every place, also after a crash',
    async check(stage) {
      for (const [i, length] of [limits.PAYLOAD_INLINE_BYTES_MAX, limits.BLOB_IN_STORE_BYTES_MAX].entries()) {
        const { engine } = stage
        // Each place has a value of its own: equal ones would share a blob.
        const large = (place: string) => payloadOf(`${place}${i}${'x'.repeat(length)}`)
        const wait = { key: keyOf('w'), on: { kind: 'answer', title: 't', show: large('wait') } } as const
        await engine.start(startOf(`p${i}`, { input: large('input') }))
        const lane = await stage.puppet.nextOf(`p${i}`)
        lane.frameFacts([{ ...noted('large'), outcome: { type: 'ok', value: large('fact') } } as FactBody], {
          waits: [wait],
        })
        await engine.control(lane.pid, { id: 'a', type: 'answer', key: wait.key, value: large('answer'), by: 'test' })
        await lane.durable()
        const reopened = (stage = await stage.reopen('crash'))
        const next = await reopened.puppet.nextOf(`p${i}`)
        assert.deepEqual(next.activation.start.input, large('input'))
        assert.deepEqual(next.activation.facts[0], {
          ...next.activation.facts[0],
          outcome: { type: 'ok', value: large('fact') },
        })
        assert.deepEqual((await reopened.engine.inspect(next.pid))?.waits, [wait])
        const event = await next.next()
        assert.ok(event?.type === 'control' && event.control.type === 'answer')
        assert.deepEqual(event.control.value, large('answer'))
        next.frame([], { unwaits: [wait.key] })
        await next.end(valueOf(large('result')))
        assert.deepEqual((await reopened.engine.inspect(next.pid))?.result, { type: 'ok', value: large('result') })
      }
    },
  },
  {
    rule: 'J4',
    title: 'an attempt is heard of once',
    async check({ engine, puppet, quiet }) {
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      lane.frame(['begun'])
      lane.perform('e', 'read', () => 1)
      const event = await lane.next()
      assert.equal(event?.type, 'settled')
      await quiet()
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
