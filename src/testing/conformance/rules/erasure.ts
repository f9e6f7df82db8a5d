/** What is erased is gone, and the journal still says that it was there. */
import assert from 'node:assert/strict'
import { limits } from '../../../std/index.ts'
import { payloadOf } from '../../../kernel/index.ts'
import type { EngineRule, EngineStage } from '../engine-stage.ts'
import { keyOf, startOf } from '../puppet.ts'

const LARGE = 'large '.repeat(limits.PAYLOAD_INLINE_BYTES_MAX / 4)

/** A process that was given something, recorded two outcomes, one of them large, and gave the large one. */
async function ended({ engine, puppet }: EngineStage, pid: string) {
  await engine.start(startOf(pid, { input: payloadOf('secret input') }))
  const lane = await puppet.nextOf(pid)
  const settled = (name: string, value: string) =>
    ({ type: 'settled', key: keyOf(name), attempt: 0, outcome: { type: 'ok', value: payloadOf(value) } }) as const
  lane.frameFacts([settled('one', 'secret one')])
  lane.frameFacts([settled('two', LARGE)])
  await lane.end(LARGE)
  return lane.pid
}

/** Everything the engine still says of it, as text. */
async function told({ engine }: EngineStage, pid: Awaited<ReturnType<typeof ended>>): Promise<string> {
  const frames: unknown[] = []
  for await (const frame of engine.history(pid)) frames.push(frame.facts)
  return JSON.stringify([await engine.inspect(pid), frames])
}

/** The rules of erasure. */
export const ERASURE_RULES: readonly EngineRule[] = [
  {
    rule: 'J1',
    title: 'erased payloads are gone, the chain still verifies, and the journal says who erased',
    async check(stage) {
      const pid = await ended(stage, 'p')
      const other = await ended(stage, 'other')
      await stage.engine.erase(pid, { by: 'ann' })
      await stage.engine.compact()
      const text = await told(stage, pid)
      for (const gone of ['secret', 'large']) assert.equal(text.includes(gone), false)
      const view = await stage.engine.inspect(pid)
      assert.deepEqual([view?.status, view?.erased?.by], ['done', 'ann'])
      assert.match(text, /"type":"erased","by":"ann"/)
      // What two processes share stays with the other one.
      assert.equal((await told(stage, other)).includes(LARGE), true)
      assert.equal((await stage.engine.start(startOf('p'))).created, false)
      const unerased: string[] = []
      for await (const found of stage.engine.list({ endedBefore: Number.MAX_SAFE_INTEGER, isErased: false }))
        unerased.push(found.pid)
      assert.deepEqual(unerased, ['other'])
      await stage.engine.erase(other, { by: 'ann' })
      assert.equal((await told(stage, other)).includes('large'), false)
    },
  },
  {
    rule: 'J1',
    title: 'one effect can be erased alone; what has not ended cannot be erased',
    async check(stage) {
      const pid = await ended(stage, 'p')
      await stage.engine.erase(pid, { by: 'ann', key: keyOf('one') })
      const text = await told(stage, pid)
      assert.deepEqual([text.includes('secret one'), text.includes(LARGE)], [false, true])
      await stage.engine.start(startOf('open'))
      const refused = { code: 'PROCESS_NOT_ENDED' }
      await assert.rejects(stage.engine.erase('open' as never, { by: 'ann' }), refused)
      await assert.rejects(stage.engine.erase('nobody' as never, { by: 'ann' }), { code: 'PROCESS_UNKNOWN' })
    },
  },
]
