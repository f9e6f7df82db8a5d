import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { workflow } from '../../kernel/index.ts'
import { open } from '../open.ts'
import type { Skein } from '../skein.ts'

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

describe('retention', () => {
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

  it('has a default for definitions that say nothing', async () => {
    await runAll()
    await using skein = await open({ data, models: {}, retention: '1ms', workflows: [plain, kept] })
    await vi.waitFor(async () => expect((await erasedOf(skein))['plain']).toBe('retention'), { timeout: 10_000 })
    expect(await skein.result('kept')).toBe('value')
  })
})
