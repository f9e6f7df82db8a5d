import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { workflow } from '../kernel/index.ts'
import { tool } from '../tools/index.ts'
import { open } from './open.ts'
import { run } from './run.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'skein-host-'))
})
afterEach(() => rm(data, { recursive: true, force: true }))

const calls: string[] = []
const note = tool({
  name: 'note',
  inputSchema: z.object({ text: z.string() }),
  execute: ({ text }) => (calls.push(text), text.length),
})
const noting = workflow({ name: 'noting', input: z.object({ text: z.string() }) }, (ctx, { text }) =>
  ctx.tool(note, { text }),
)

describe('run()', () => {
  it('returns the value, and the same value again without doing it again', async () => {
    calls.length = 0
    expect(await run(noting, { text: 'four' }, { id: 'n1', data })).toBe(4)
    expect(await run(noting, { text: 'four' }, { id: 'n1', data })).toBe(4)
    expect(await run(noting, undefined as never, { id: 'n1', data })).toBe(4)
    expect(calls).toEqual(['four'])
  })
  it('refuses another input under the same id', async () => {
    await run(noting, { text: 'a' }, { id: 'n1', data })
    await expect(run(noting, { text: 'b' }, { id: 'n1', data })).rejects.toMatchObject({ code: 'RUN_INPUT_DIFFERS' })
  })
  it('shares a folder with itself', async () => {
    const values = await Promise.all(['x', 'yy', 'zzz'].map((text) => run(noting, { text }, { id: `n-${text}`, data })))
    expect(values).toEqual([1, 2, 3])
  })
})

describe('open()', () => {
  it('says who owns the folder', async () => {
    await using _first = await open({ data })
    await expect(open({ data })).rejects.toMatchObject({ code: 'DATA_FOLDER_OWNED' })
  })
})

describe('definitions of one name', () => {
  const made = (greeting: string) => workflow({ name: 'greeter', version: greeting }, () => greeting)
  const parent = workflow({ name: 'parent' }, (ctx, greeting: unknown) => ctx.run(made(String(greeting)), undefined))

  it('are not mixed up when they are started at once', async () => {
    await using skein = await open({ data })
    const values = await Promise.all(['hello', 'salut', 'hej'].map((greeting) => skein.run(made(greeting))))
    expect(values).toEqual(['hello', 'salut', 'hej'])
  })
  it('are not mixed up as children', async () => {
    await using skein = await open({ data })
    const values = await Promise.all(['hello', 'salut', 'hej'].map((greeting) => skein.run(parent, greeting)))
    expect(values).toEqual(['hello', 'salut', 'hej'])
  })
})
