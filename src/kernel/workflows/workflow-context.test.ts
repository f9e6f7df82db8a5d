import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asEffectKey, asMessageId, asPid } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { workflow } from '../definitions/workflow.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { failureOf, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Control, Event } from '../ports/activation.ts'
import { Lane } from '../processes/lane.fixture.ts'
import type { Ctx } from './context.ts'

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error)

/** Runs a workflow body; each event is given to an activation of its own, as `(lane) => event`. */
async function play(
  body: (ctx: Ctx) => unknown,
  ...events: ((lane: Lane) => Event)[]
): Promise<{ readonly value: unknown; readonly lane: Lane }> {
  const flow = workflow({ name: 'flow' }, async (ctx) => body(ctx)) as AnyDefinition
  const lane = new Lane({ definitions: [flow] })
  let how = await lane.run()
  for (const event of events) {
    expect(how).toBe('wait')
    const running = lane.run()
    lane.give(event(lane))
    how = await running
  }
  const end = lane.end
  if (end?.type !== 'ended') return { value: end, lane }
  return { value: end.result.type === 'ok' ? valueOf(end.result.value) : failureOf(end.result), lane }
}

const waitKey = (lane: Lane): EffectKey => {
  const waits = lane.journal.filter((fact) => fact.type === 'waiting')
  return waits.at(-1)?.key ?? asEffectKey('')
}
const control =
  (make: (key: EffectKey) => Omit<Control, 'id'>) =>
  (lane: Lane): Event => ({
    type: 'control',
    control: { id: `c${lane.activations}`, ...make(waitKey(lane)) } as Control,
  })
const timer = (lane: Lane): Event => ({ type: 'timer', key: waitKey(lane) })
const caught = async (run: () => unknown): Promise<string> => {
  try {
    await run()
    return 'nothing'
  } catch (error) {
    return codeOf(error)
  }
}

describe('ctx.model', () => {
  it('passes on what it was given and answers in full', async () => {
    const { value } = await play((ctx) =>
      ctx.model({
        model: 'test/m',
        system: 'Be brief.',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'before' }] }],
        prompt: 'hello',
        tools: [{ name: 'look', inputSchema: {} }],
        sampling: { temperature: 0 },
      }),
    )
    const usage = { inputTokens: 1 }
    expect(value).toMatchObject({ text: 'hi', finishReason: 'stop', toolCalls: [], usage, modelId: 'm-2026' })
  })

  it('asks again for a typed answer that does not fit, and says so when none does', async () => {
    const { value, lane } = await play((ctx) =>
      ctx.model({ model: 'test/m', prompt: 'hi', output: z.object({ a: z.string() }), outputName: 'thing' }),
    )
    expect(value).toMatchObject({ code: 'OUTPUT_INVALID', message: expect.stringContaining('in 3 tries') })
    expect(lane.types().filter((type) => type === 'begun')).toHaveLength(3)
  })

  it('K2: what an answer is called makes it another call', async () => {
    const output = z.string()
    const { lane } = await play((ctx) =>
      ctx.all(
        ['a', 'b'].map((outputName) => (c: Ctx) => c.model({ model: 'test/m', prompt: 'hi', output, outputName })),
      ),
    )
    const asked = lane.journal.flatMap((fact) => (fact.type === 'intended' ? [fact.key.split(':').at(-1)] : []))
    expect(asked[0]).not.toBe(asked[1])
  })

  it('refuses to ask nothing', async () => {
    expect((await play((ctx) => ctx.model({ model: 'test/m', system: 'x' }))).value).toMatchObject({
      code: 'INPUT_INVALID',
    })
  })
})

describe('mistakes of an author', () => {
  it.each([
    ['a race of nothing', (ctx: Ctx) => ctx.race([]), 'INPUT_INVALID'],
    ['a select of nothing', (ctx: Ctx) => ctx.select({}), 'INPUT_INVALID'],
    ['a map over no array', (ctx: Ctx) => ctx.map('abc' as never, () => 1), 'INPUT_INVALID'],
    ['a map without a function', (ctx: Ctx) => ctx.map([1], Promise.resolve(1) as never), 'SCOPE_PROMISE'],
    ['promises for branches', (ctx: Ctx) => ctx.all([Promise.resolve(1)] as never), 'SCOPE_PROMISE'],
    ['a concurrency of none', (ctx: Ctx) => ctx.map([1], () => 1, { concurrency: 0 }), 'INPUT_INVALID'],
    ['a message that is too large', (ctx: Ctx) => ctx.send('q', 'x'.repeat(2 ** 20 + 1)), 'VALUE_TOO_LARGE'],
    ['an answer nobody asked for', (ctx: Ctx) => ctx.reply({ id: 'm', body: 1 }, 2), 'MESSAGE_INVALID'],
    ['continueAsNew from a branch', (ctx: Ctx) => ctx.all([(c) => c.continueAsNew(1)]), 'CONTINUE_AS_NEW_INVALID'],
    ['a compensation without a name', (ctx: Ctx) => ctx.compensate('', () => 1), 'DEFINITION_INVALID'],
    ['grant', (ctx: Ctx) => ctx.grant(), 'NOT_AVAILABLE'],
    [
      'a tool without a name',
      (ctx: Ctx) => ctx.tool({ inputSchema: z.any(), execute: () => 1 }, 1),
      'DEFINITION_INVALID',
    ],
    ['a tool that cannot run', (ctx: Ctx) => ctx.tool({ name: 't', inputSchema: z.any() }, 1), 'DEFINITION_INVALID'],
    [
      'arguments that are not data',
      (ctx: Ctx) => ctx.tool({ name: 't', inputSchema: z.any(), execute: () => 1 }, new Map()),
      'ARGS_NOT_DATA',
    ],
    ['no duration', (ctx: Ctx) => ctx.sleep('soon'), 'INPUT_INVALID'],
  ])('%s is named', async (_what, call, code) => {
    expect((await play((ctx) => caught(() => call(ctx)))).value).toBe(code)
  })

  it('D3: the first of them is told', async () => {
    const foreign = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))
    const { value } = await play(async (ctx) => {
      void foreign(1).then(() => [caught(() => ctx.uuid()), caught(() => ctx.now())])
      await ctx.step('slow', () => foreign(10))
    })
    expect(JSON.stringify(value)).toContain('ctx.uuid of')
  })

  it('S5: what is called after the end is asked by nobody', async () => {
    const { value, lane } = await play((ctx) => {
      const late = async (): Promise<void> => {
        for (let n = 0; n < 20; n++) await Promise.resolve()
        await ctx.uuid('late')
      }
      void late()
      return 'over'
    })
    expect(value).toBe('over')
    expect(JSON.stringify([lane.journal, lane.news])).not.toContain('late')
  })

  it('S2: the parent’s ctx is suspended inside a combinator', async () => {
    expect((await play((ctx) => ctx.all([() => caught(() => ctx.now())]))).value).toEqual(['SCOPE_SUSPENDED'])
  })
})

describe('combinators', () => {
  it('S4: map starts as many as allowed, collects failures when asked, keeps places', async () => {
    let running = 0
    let most = 0
    const { value } = await play((ctx) =>
      ctx.map(
        ['a', 'b', 'a', 'c'],
        async (c, item) => {
          running += 1
          most = Math.max(most, running)
          await c.now()
          running -= 1
          if (item === 'b') throw new Error('no b')
          return item
        },
        { concurrency: 2, errors: 'collect', key: (item: string) => item },
      ),
    )
    expect(most).toBe(2)
    expect(value).toMatchObject([
      { ok: true, value: 'a' },
      { ok: false },
      { ok: true, value: 'a' },
      { ok: true, value: 'c' },
    ])
  })

  it('all of names gives names, of nothing nothing; select says who won', async () => {
    const { value } = await play(async (ctx) => [
      await ctx.all({ one: (c) => c.step('one', () => 1), two: () => 2 }),
      await ctx.all([]),
      await ctx.map([], () => 1),
      await ctx.select({ quick: (c) => c.step('q', () => 'q'), slow: (c) => c.sleep('1h') }),
      await caught(() =>
        ctx.race([
          async (c) => {
            await c.now()
            throw Object.assign(new Error('x'), { code: 'MINE' })
          },
          (c) => c.sleep('1h'),
        ]),
      ),
    ])
    expect(value).toEqual([{ one: 1, two: 2 }, [], [], { name: 'quick', value: 'q' }, 'MINE'])
  })
})

describe('waits', () => {
  it('a question without a title is refused before anything is asked: it would be a riddle in the inbox', async () => {
    for (const question of ['go on?', { answer: z.boolean() }]) {
      const { value, lane } = await play((ctx) => ctx.ask(question as never))
      expect([codeOf(value), lane.journal.some(({ type }) => type === 'waiting')]).toEqual(['INPUT_INVALID', false])
    }
  })

  it('an answer that does not fit is not taken; one that does is, as its schema makes it', async () => {
    const ask = (ctx: Ctx): unknown =>
      ctx.ask({ title: 'how many?', show: { of: 'it' }, answer: z.number().default(3), expires: '1h', key: 'q' })
    const answer = (value: unknown) =>
      control((key) => ({ type: 'answer', key, value: payloadOf(value), by: 'ann' }) as never)
    const { value, lane } = await play(ask, answer('many'), answer(7))
    expect(value).toBe(7)
    expect(lane.news.some((news) => news.type === 'log' && news.text.includes('does not fit'))).toBe(true)
  })

  it('time runs out for answers, promises and messages', async () => {
    expect(
      (await play((ctx) => caught(() => ctx.ask({ title: 't', answer: z.any(), expires: '1s' })), timer)).value,
    ).toBe('EFFECT_TIMEOUT')
    expect((await play((ctx) => caught(() => ctx.promise('p', { timeout: '1s' })), timer)).value).toBe('EFFECT_TIMEOUT')
    expect((await play((ctx) => caught(() => ctx.receive({ topic: 't', timeout: '1s' })), timer)).value).toBe(
      'EFFECT_TIMEOUT',
    )
    expect((await play((ctx) => ctx.sleep('1s').then(() => 'slept'), timer)).value).toBe('slept')
  })

  it('a promise is fulfilled from outside, checked by its schema where there is one', async () => {
    const fulfil = control((key) => ({ type: 'answer', key, value: payloadOf({ n: 1 }), by: 'ann' }) as never)
    expect((await play((ctx) => ctx.promise('p'), fulfil)).value).toEqual({ n: 1 })
    expect((await play((ctx) => ctx.promise('p', { schema: z.object({ n: z.number() }) }), fulfil)).value).toEqual({
      n: 1,
    })
  })

  it('a message is received with all that came with it', async () => {
    const message = {
      id: asMessageId('m1'),
      to: asPid('p'),
      from: asPid('q'),
      topic: 't',
      type: 'x',
      replyTo: { pid: asPid('q'), id: 'c' },
      body: payloadOf({ n: 1 }),
    }
    const { value } = await play(
      (ctx) => ctx.receive({ schema: z.object({ n: z.number() }) }),
      () => ({ type: 'message', message }),
    )
    expect(value).toEqual({
      id: 'm1',
      from: 'q',
      topic: 't',
      type: 'x',
      replyTo: { pid: 'q', id: 'c' },
      body: { n: 1 },
    })
  })

  it('M3: a message that its receiver’s schema refuses goes to the dead letters, and its sender is told', async () => {
    const letter = (id: string, n: unknown): Event => ({
      type: 'message',
      message: { id: asMessageId(id), to: asPid('p'), from: asPid('q'), body: payloadOf({ n }) },
    })
    const { value, lane } = await play(
      (ctx) => ctx.receive({ schema: z.object({ n: z.number() }) }),
      () => letter('bad', 'x'),
      () => letter('good', 2),
    )
    expect(value).toMatchObject({ id: 'good', body: { n: 2 } })
    expect(lane.frames.flatMap((frame) => frame.dead ?? [])).toMatchObject([{ id: 'bad' }])
    expect(lane.frames.flatMap((frame) => frame.sent ?? [])).toMatchObject([
      { message: { to: 'q', topic: 'skein.refused' } },
    ])
  })
})

describe('approvals', () => {
  const pay = {
    name: 'pay',
    inputSchema: z.object({}),
    needsApproval: true,
    approvalExpires: '1h',
    execute: () => 'paid',
  } as const
  const verdict = (about: object) => control((key) => ({ type: 'approve', key, by: 'ann', ...about }) as never)

  it('approved, it is done; denied or expired, it is not', async () => {
    expect((await play((ctx) => ctx.tool(pay, {}), verdict({ verdict: 'approved' }))).value).toBe('paid')
    const denied = await play((ctx) => ctx.tool(pay, {}), verdict({ verdict: 'denied', reason: 'too much' }))
    expect(denied.value).toMatchObject({ code: 'APPROVAL_DENIED', message: 'denied by ann: too much' })
    expect((await play((ctx) => ctx.tool(pay, {}), verdict({ verdict: 'denied' }))).value).toMatchObject({
      message: 'denied by ann',
    })
    expect((await play((ctx) => ctx.tool(pay, {}), timer)).value).toMatchObject({ code: 'APPROVAL_EXPIRED' })
  })

  it('a function of the input says when, a throw refuses, a promise asks', async () => {
    const when = (needsApproval: (input: { n: number }) => unknown): object => ({
      ...pay,
      inputSchema: z.object({ n: z.number() }),
      needsApproval,
    })
    const call = (needs: (input: { n: number }) => unknown) => (ctx: Ctx) =>
      ctx.tool(when(needs) as typeof pay, { n: 5 } as never)
    expect((await play(call(({ n }) => n > 9))).value).toBe('paid')
    expect(
      (
        await play(
          call(({ n }) => n > 1),
          verdict({ verdict: 'approved' }),
        )
      ).value,
    ).toBe('paid')
    expect(
      (
        await play(
          call(async () => false),
          verdict({ verdict: 'approved' }),
        )
      ).value,
    ).toBe('paid')
    expect(
      (
        await play(
          call(() => {
            throw new Error('never')
          }),
        )
      ).value,
    ).toMatchObject({ code: 'APPROVAL_DENIED', message: 'never' })
  })
})

describe('unknown outcomes', () => {
  const cut = {
    name: 'cut',
    inputSchema: z.object({}),
    execute: () => {
      throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
    },
  } as const
  const resolve = (about: object) => control((key) => ({ type: 'resolve', key, by: 'ann', ...about }) as never)

  it('E6: an operator says what became of it', async () => {
    expect((await play((ctx) => ctx.tool(cut, {}), resolve({ how: 'done', value: payloadOf(5) }))).value).toBe(5)
    expect((await play((ctx) => ctx.tool(cut, {}), resolve({ how: 'done' }))).value).toBeUndefined()
    const failed = await play((ctx) => ctx.tool(cut, {}), resolve({ how: 'fail', reason: 'lost' }))
    expect(failed.value).toMatchObject({ code: 'EFFECT_FAILED', message: 'resolved as failed by ann: lost' })
    const again = await play((ctx) => ctx.tool(cut, {}), resolve({ how: 'again' }), resolve({ how: 'fail' }))
    expect(again.lane.types().filter((type) => type === 'begun')).toHaveLength(2)
  })

  it('E6, E7: an author who catches it by name is told, and refused the same again', async () => {
    const { value } = await play(async (ctx) => [
      await caught(() => ctx.tool(cut, {}, { onUnknown: 'throw' })),
      await caught(() => ctx.tool(cut, {}, { onUnknown: 'throw' })),
      await caught(() => ctx.tool(cut, {}, { onUnknown: 'throw', again: true })),
    ])
    expect(value).toEqual(['UNKNOWN_OUTCOME', 'UNKNOWN_FIRST', 'UNKNOWN_OUTCOME'])
  })
})
