import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { MockLanguageModelV4 } from 'ai/test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { agent } from '../agents/index.ts'
import { attachEmbedded, nodeClock, nodeHash } from '../engine/index.ts'
import { workflow } from '../kernel/index.ts'
import type { Ctx } from '../kernel/index.ts'
import { tool } from '../tools/index.ts'
import { open } from './open.ts'
import { answerQuestion } from './operate/acts.ts'
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

describe('model calls', () => {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  const stop = { unified: 'stop' as const, raw: 'stop' }
  const answer = { content: [{ type: 'text' as const, text: 'ok' }], finishReason: stop, usage, warnings: [] }
  const textsOf = (prompt: LanguageModelV4Prompt): readonly string[] =>
    prompt.flatMap(({ content }) =>
      typeof content === 'string' ? [content] : content.map((p) => ('text' in p ? p.text : '')),
    )

  it('send what is recorded, whatever an author does to the messages', async () => {
    const prompts: (readonly string[])[] = []
    const model = new MockLanguageModelV4({
      doGenerate: async ({ prompt }) => {
        prompts.push(textsOf(prompt))
        return answer
      },
    })
    const growing = workflow({ name: 'growing' }, async (ctx) => {
      const content = [{ type: 'text' as const, text: 'a' }]
      const messages = [{ role: 'user' as const, content }]
      await ctx.model({ model, messages })
      content.push({ type: 'text', text: 'b' })
      const asked = ctx.model({ model, messages })
      content.push({ type: 'text', text: 'too late' })
      await asked
    })
    await run(growing, undefined, { id: 'g1', data })
    expect(prompts).toEqual([['a'], ['a', 'b']])
  })

  it('are as many at once as the config says; a number that is none is refused before the folder is taken', async () => {
    let inFlight = 0
    let most = 0
    const model = new MockLanguageModelV4({
      doGenerate: async () => {
        most = Math.max(most, ++inFlight)
        await nextTurn()
        inFlight -= 1
        return answer
      },
    })
    const wide = workflow({ name: 'wide' }, (ctx) =>
      ctx.map([1, 2, 3, 4, 5, 6], async (c, n) => (await c.model({ model, prompt: `${n}` })).text),
    )
    await expect(open({ data, models: { concurrency: 0.5 } })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await using skein = await open({ data, models: { concurrency: 2 } })
    expect(await skein.run(wide, undefined, { id: 'w1' })).toHaveLength(6)
    expect(most).toBe(2)
  })
})

describe('the tripwire in a running workflow', () => {
  it('names the place, in the first stretch and after an await, and lets steps do what they like', async () => {
    const file = join(data, 'body.mjs')
    const lines = [
      'export const body = async (ctx) => {',
      '  Date.now()',
      `  await ctx.step('s', () => Math.random())`,
      '  Math.random()',
      '  return 1',
      '}',
    ]
    await writeFile(file, lines.join('\n'))
    const { body } = (await import(file)) as { body: (ctx: Ctx) => Promise<number> }
    const said: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    try {
      await run(
        workflow({ name: 'careless' }, (ctx) => body(ctx)),
        undefined,
        { id: 'c1', data },
      )
    } finally {
      write.mockRestore()
    }
    expect(said.map((line) => line.replace(/ at \S*body/, ' at body'))).toEqual([
      'skein: tripwire: workflow careless touches Date.now at body.mjs:2; use ctx.now()\n',
      'skein: tripwire: workflow careless touches Math.random at body.mjs:4; use ctx.random()\n',
    ])
  })
})

describe('a run that waits', () => {
  it('says so once, and goes on when it is answered', async () => {
    const asking = workflow({ name: 'asking' }, (ctx) => ctx.ask({ title: 'Which city?', answer: z.string() }))
    const said: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    try {
      const value = run(asking, undefined, { id: 'q1', data })
      await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 5_000 })
      const owner = await attachEmbedded(data, { clock: nodeClock, hash: nodeHash })
      await answerQuestion(owner!, 'q1/Which-city?', 'Paris', 'ann')
      await owner![Symbol.asyncDispose]()
      expect(await value).toBe('Paris')
    } finally {
      write.mockRestore()
    }
    expect(said).toEqual([
      `skein: q1/Which-city? waits: Which city?   npx skein answer 'q1/Which-city?' '<JSON>' --data ${data}\n`,
    ])
  })
})

describe('a handle', () => {
  it('tells status, steps, usage and cost, and cancels', async () => {
    await using skein = await open({ data, models: { aliases: { small: 'offline' } } })
    const helper = agent({ name: 'helper', model: 'small', instructions: 'Answer.' })
    const handle = await skein.start(helper, 'hello', { id: 'h1' })
    expect(await handle.result()).toEqual({ text: expect.any(String) })
    expect(await handle.status()).toBe('done')
    const steps = await handle.steps()
    expect(steps).toEqual([expect.objectContaining({ pid: 'h1', finishReason: 'stop', toolCalls: [] })])
    expect((await handle.usage()).inputTokens).toBe(steps[0]!.usage.inputTokens)
    expect(await handle.cost()).toBe(0)

    const sleeper = await skein.start(workflow({ name: 'sleeper' }, (ctx) => ctx.sleep('1h')))
    await sleeper.cancel('enough')
    await expect(sleeper.result()).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await skein.inspect(sleeper.id))?.status).toBe('cancelled')
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

describe('forks', () => {
  const dice = workflow({ name: 'dice' }, async (ctx) => {
    const first = await ctx.uuid('first')
    const looked = await ctx.step('look', () => 1, { effect: 'read' })
    return { first, looked, second: await ctx.uuid('second') }
  })

  it('branch off after an effect, keep what was there, and are compared effect by effect', async () => {
    await using skein = await open({ data })
    const value = await skein.run(dice, undefined, { id: 'd1' })
    const fork = await skein.fork<typeof value>('d1', { at: 'look', id: 'd2', answers: { look: 2 } })
    const other = await fork.result()
    expect([other.first, other.looked]).toEqual([value.first, 2])
    expect(other.second).not.toBe(value.second)
    expect((await skein.fork('d1', { at: 'look', id: 'd2' })).created).toBe(false)
    const { effects, totals } = await skein.diff('d1', 'd2')
    expect(effects.map(({ verdict }) => verdict)).toEqual(['same', 'other outcome', 'other outcome'])
    expect([totals.a.effects, totals.b.effects]).toEqual([1, 0])
  })

  it('say what cannot be: a fact or an effect that is not there, an id that is taken, instructions of a workflow', async () => {
    await using skein = await open({ data })
    await skein.run(dice, undefined, { id: 'd1' })
    await skein.run(dice, undefined, { id: 'd2' })
    await expect(skein.fork('d1', { at: 99 })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(skein.fork('d1', { at: 'nothing' })).rejects.toMatchObject({ code: 'EFFECT_UNKNOWN' })
    await expect(skein.fork('d1', { id: 'd2' })).rejects.toMatchObject({ code: 'RUN_INPUT_DIFFERS' })
    await expect(skein.fork('d1', { instructions: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(skein.fork('d9')).rejects.toMatchObject({ code: 'PROCESS_UNKNOWN' })
  })
})
