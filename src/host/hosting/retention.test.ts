import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../engine/index.ts'
import type { Engine, Query } from '../../engine/index.ts'
import { workflow } from '../../kernel/index.ts'
import { asPid, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { RETENTION_BATCH_RUNS } from '../limits.ts'
import { streamsBeside } from '../live/folder-streams.ts'
import { open } from '../open.ts'
import type { Skein } from '../skein.ts'
import { keepRetention } from './retention.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'skein-retention-'))
})
afterEach(() => rm(data, { recursive: true, force: true }))

const echo = (name: string, retention?: '1ms' | 'forever') =>
  workflow({ name, ...(retention === undefined ? {} : { retention }) }, (_ctx, input: unknown) => input)
const brief = echo('brief', '1ms')
const kept = echo('kept', 'forever')
const plain = echo('plain')
const parent = workflow({ name: 'parent', retention: '1ms' }, (ctx, input: unknown) => ctx.run(kept, input))

const erasedOf = async (skein: Skein): Promise<Record<string, string | undefined>> => {
  const found: Record<string, string | undefined> = {}
  for await (const { pid, root, workflow: name, erased } of skein.list())
    found[pid === root ? pid : `${name} of ${root}`] = erased?.by
  return found
}

async function runAll(): Promise<void> {
  await using skein = await open({ data, models: {} })
  for (const definition of [brief, kept, plain, parent]) await skein.run(definition, 'value', { id: definition.name })
}

/** Runs that ended long ago; something is in the way of `bad`. */
function runsWithBad(count: number, why: 'BLOBS_ABSENT' | 'RUN_MOVED' | 'RUN_NOT_AT_REST') {
  const pids = new Set(['bad', ...Array.from({ length: count }, (_, n) => `r${n}`)])
  const asked: string[] = []
  const engine = {
    async *list({ root }: Query) {
      for (const pid of root === undefined ? pids : [root])
        yield { pid, root: pid, workflow: 'brief', endedAt: 0 } as never
    },
    async erase(pid: string) {
      asked.push(pid)
      if (pid === 'bad') throw new SkeinError(why, 'not now')
      pids.delete(pid)
      return { payloads: 0, blobs: 0 }
    },
  }
  return { engine: engine as unknown as Engine, pids, asked }
}

describe('retention', () => {
  it.each(['BLOBS_ABSENT', 'RUN_MOVED', 'RUN_NOT_AT_REST'] as const)(
    'a run that cannot be erased now is left, tried once in a sweep, and told of; the others go: %s',
    async (why) => {
      const { engine, pids, asked } = runsWithBad(2 * RETENTION_BATCH_RUNS, why)
      const failed: unknown[] = []
      const code = { find: () => ({}) as never, names: () => [] }
      using _ = keepRetention({ engine, code, defaultMs: 1, now: () => 10 }, (thrown) => failed.push(thrown))
      await vi.waitFor(() => expect(failed).toHaveLength(1), { timeout: 10_000 })
      expect([...pids]).toEqual(['bad'])
      expect(asked.filter((pid) => pid === 'bad')).toEqual(['bad'])
      expect(failed).toMatchObject([{ code: why, message: `bad is not erased: ${why}: not now` }])
    },
  )

  it('a sweep that fails says which runs it had left out before', async () => {
    const { engine } = runsWithBad(2, 'BLOBS_ABSENT')
    const failed: unknown[] = []
    const code = { find: () => ({}) as never, names: () => [] }
    const erase = async (pid: Pid) => {
      if (pid !== 'bad') throw new SkeinError('ENGINE_UNREACHABLE', 'nobody answers')
      return engine.erase(pid, { by: 'x' })
    }
    const parts = { engine: { ...engine, erase } as Engine, code, defaultMs: 1, now: () => 10 }
    using _ = keepRetention(parts, (thrown) => failed.push(thrown))
    await vi.waitFor(() => expect(failed).toHaveLength(2), { timeout: 10_000 })
    expect(failed).toMatchObject([{ code: 'ENGINE_UNREACHABLE' }, { code: 'BLOBS_ABSENT' }])
  })

  it('erases what ended long ago, by the definition of its root; what says nothing is kept for ever', async () => {
    await runAll()
    await using skein = await open({ data, models: {}, workflows: [brief, kept, plain, parent] })
    await vi.waitFor(async () => expect((await erasedOf(skein))['parent']).toBe('retention'), { timeout: 10_000 })
    await vi.waitFor(async () => expect((await erasedOf(skein))['brief']).toBe('retention'), { timeout: 10_000 })
    expect(await erasedOf(skein)).toEqual({
      brief: 'retention',
      parent: 'retention',
      'kept of parent': 'retention',
      kept: undefined,
      plain: undefined,
    })
    await expect(skein.result('brief')).rejects.toMatchObject({ code: 'RUN_ERASED' })
    await expect(skein.run(brief, 'another value', { id: 'brief' })).rejects.toMatchObject({ code: 'RUN_ERASED' })
    expect(await skein.result('kept')).toBe('value')
  })

  it('removes what was said by runs that an older version erased, which knows no rows, and that alone', async () => {
    const says = workflow({ name: 'says' }, async (ctx) => {
      await ctx.step('first', () => 1)
      ctx.log('Amaranth')
    })
    {
      await using skein = await open({ data, models: {} })
      for (const id of ['a', 'b']) await skein.run(says, null, { id })
    }
    const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }
    {
      await using older = await openEmbedded({ folder: data, ...ports })
      await older.erase(asPid('a'), { by: 'ann' })
    }
    const streams = streamsBeside(data)
    expect(streams.has(asPid('a'))).toBe(true)
    await using _ = await open({ data, models: {} })
    await vi.waitFor(() => expect(streams.has(asPid('a'))).toBe(false), { timeout: 10_000 })
    expect(streams.has(asPid('b'))).toBe(true)
    streams.close?.()
  })

  it('has a default for definitions that say nothing', async () => {
    await runAll()
    await using skein = await open({ data, models: {}, retention: '1ms', workflows: [plain, kept] })
    await vi.waitFor(async () => expect((await erasedOf(skein))['plain']).toBe('retention'), { timeout: 10_000 })
    expect(await skein.result('kept')).toBe('value')
  })
})
