import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SkeinError } from '../../std/index.ts'
import type { ChatMessage, ModelRequest, ReducerAsk } from '../../kernel/index.ts'
import { conversationOffences } from '../../testing/index.ts'
import { call, drive, errorOf, make, replay, says, valueOf } from '../loop.fixture.ts'
import type { Drive } from '../loop.fixture.ts'
import { dataTokens, messageTokens } from './tokens.ts'

/** One step of a made-up agent: what the model says, how much each tool gives, and how the summary fares. */
type Turn = {
  readonly says: number
  readonly gives: readonly number[]
  readonly summary: 'good' | 'long' | 'empty' | 'failed'
}

const TASK = 'Find the tide tables of Saint-Malo.'
const words = (chars: number, word = 'tide '): string => word.repeat(Math.ceil(chars / word.length)).slice(0, chars)
const size = fc.oneof({ weight: 4, arbitrary: fc.nat(800) }, { weight: 1, arbitrary: fc.nat(20_000) })
const turn: fc.Arbitrary<Turn> = fc.record({
  says: fc.nat(600),
  gives: fc.array(size, { minLength: 1, maxLength: 4 }),
  summary: fc.constantFrom('good', 'good', 'long', 'empty', 'failed'),
})
const read = { inputSchema: z.object({ n: z.number(), i: z.number() }), execute: () => '' }

const estimate = ({ messages, tools }: ModelRequest): number =>
  messages.reduce((sum, message) => sum + messageTokens(message), 0) +
  (tools ?? []).reduce((sum, tool) => sum + dataTokens(tool), 0)

/** Plays the turns; `meter` counts as the provider does. */
function playing(turns: readonly Turn[], meter: (estimate: number) => number, seen: ModelRequest[]) {
  let n = 0
  return (ask: ReducerAsk): unknown => {
    if (ask.type === 'tool') {
      const { n: at, i } = ask.input as { n: number; i: number }
      return words(turns[at]?.gives[i] ?? 0, i % 2 === 0 ? 'tide ' : 'été ')
    }
    if (ask.type !== 'model') throw new Error(`nobody asks for ${ask.type}`)
    seen.push({ ...ask.request, messages: [...ask.request.messages] })
    const usage = { inputTokens: meter(estimate(ask.request)), outputTokens: 1 }
    if (ask.slot.endsWith('/compact')) {
      const how = turns[Math.max(n - 1, 0)]?.summary
      if (how === 'failed') throw new SkeinError('MODEL_UNAVAILABLE', 'down')
      return says(how === 'empty' ? '' : words(how === 'long' ? 90_000 : 200, 'notes '), { usage })
    }
    const now = turns[n]
    if (now === undefined) return says('done', { usage })
    const content = [...says(words(now.says)).content, ...now.gives.map((_, i) => call('read', { n, i }, `c${n}-${i}`))]
    n += 1
    return { ...says(''), content, finishReason: 'tool-calls', usage }
  }
}

/** Providers refuse a call without its result, and a result without its call. */
function expectPaired(messages: readonly ChatMessage[]): void {
  const asked = messages.flatMap((m) => (m.role === 'assistant' ? m.content : [])).filter((p) => p.type === 'tool-call')
  const given = messages.flatMap((m) => (m.role === 'tool' ? m.content : []))
  expect(given.map((part) => part.toolCallId)).toEqual(asked.map((part) => part.toolCallId))
}

const compactions = (run: Drive): readonly string[] =>
  run.seen.flatMap(({ slot }) => (slot.endsWith('/compact') ? [slot] : []))

describe('compaction', () => {
  it('A3: no model call is ever over its budget, calls keep their results, the task stays', async () => {
    let compactedRuns = 0
    const law = fc.asyncProperty(
      fc.array(turn, { maxLength: 12 }),
      fc.integer({ min: 500, max: 12_000 }),
      fc.infiniteStream(fc.boolean()),
      async (turns, tokensMax, leaves) => {
        const agent = make({ instructions: 'Be brief.', tools: { read }, context: { tokensMax } })
        const seen: ModelRequest[] = []
        const run = await drive(
          agent,
          TASK,
          playing(turns, (tokens) => tokens, seen),
        )
        for (const request of seen) {
          expect(estimate(request)).toBeLessThanOrEqual(tokensMax)
          expect(JSON.stringify(request.messages)).toContain(TASK)
          expectPaired(request.messages)
          expect(conversationOffences(request.messages)).toEqual([])
        }
        expect(valueOf(run)).toEqual({ text: 'done' })
        compactedRuns += compactions(run).length > 0 ? 1 : 0
        expect(replay(agent, TASK, run.log)).toEqual({ seen: run.seen, end: run.end })
        const isLeft = (isDue: boolean): boolean => isDue || leaves.next().value === true
        const parted = await drive(
          agent,
          TASK,
          playing(turns, (tokens) => tokens, []),
          undefined,
          { isLeft },
        )
        expect({ seen: parted.seen, end: parted.end }).toEqual({ seen: run.seen, end: run.end })
      },
    )
    await fc.assert(law, { numRuns: 50 })
    expect(compactedRuns).toBeGreaterThan(8)
  }, 30_000)

  it('the provider’s own count corrects the estimate: its meter stays within the budget too', async () => {
    const law = fc.asyncProperty(
      fc.array(turn, { minLength: 4, maxLength: 12 }),
      fc.integer({ min: 2_000, max: 12_000 }),
      fc.double({ min: 0.6, max: 3, noNaN: true }),
      async (turns, tokensMax, perEstimate) => {
        const agent = make({ tools: { read }, context: { tokensMax } })
        const meter = (tokens: number): number => Math.ceil(tokens * perEstimate)
        const seen: ModelRequest[] = []
        await drive(agent, TASK, playing(turns, meter, seen))
        for (const request of seen.slice(1)) expect(meter(estimate(request))).toBeLessThanOrEqual(tokensMax)
      },
    )
    await fc.assert(law, { numRuns: 50 })
  }, 30_000)

  it('keeps the last steps word for word, puts the summary before them, and records the cut', async () => {
    const turns = Array.from({ length: 12 }, (): Turn => ({ says: 30, gives: [900], summary: 'good' }))
    const seen: ModelRequest[] = []
    const agent = make({ instructions: 'Be brief.', tools: { read }, context: { tokensMax: 3_000 } })
    const run = await drive(
      agent,
      TASK,
      playing(turns, (tokens) => tokens, seen),
    )
    const at = seen.findIndex((request) => request.messages[0]?.content !== 'Be brief.')
    const [before, summary, after] = seen.slice(at - 1, at + 2)
    expect(summary?.tools).toBeUndefined()
    expect(JSON.stringify(summary?.messages)).toContain('read gave: tide tide')
    const messages = after?.messages ?? []
    expect(messages.slice(0, 3)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: TASK }] },
      {
        role: 'user',
        content: [{ type: 'text', text: expect.stringMatching(/^Summary of the \d+ messages before:/) }],
      },
    ])
    const kept = messages.slice(3)
    expect(kept.length).toBeGreaterThanOrEqual(4)
    // The last step came between the two calls.
    expect(before?.messages.slice(2 - kept.length)).toEqual(kept.slice(0, -2))
    const [first] = run.seen.filter(({ slot }) => slot.endsWith('/compact'))
    expect(first?.args).toMatchObject({ cut: { tokensMax: 3_000, summarised: expect.any(Number), kept: kept.length } })
  })

  it('shortens a single huge result with a note, and asks nobody where nothing else is to be left out', async () => {
    const turns: readonly Turn[] = [{ says: 0, gives: [50_000], summary: 'good' }]
    const seen: ModelRequest[] = []
    const agent = make({ tools: { read }, context: { tokensMax: 4_000 } })
    const run = await drive(
      agent,
      TASK,
      playing(turns, (tokens) => tokens, seen),
    )
    expect(compactions(run)).toEqual([])
    expect(JSON.stringify(seen.at(-1)?.messages)).toMatch(/characters are left out here/)
  })

  it('goes on without a summary where none comes, and says so in the conversation', async () => {
    const turns = Array.from({ length: 9 }, (): Turn => ({ says: 10, gives: [1_000], summary: 'failed' }))
    const seen: ModelRequest[] = []
    const agent = make({ tools: { read }, context: { tokensMax: 2_000 } })
    const run = await drive(
      agent,
      TASK,
      playing(turns, (tokens) => tokens, seen),
    )
    expect(compactions(run).length).toBeGreaterThan(0)
    expect(valueOf(run)).toEqual({ text: 'done' })
    expect(JSON.stringify(seen)).toContain('earlier messages are left out here (no summary: MODEL_UNAVAILABLE)')
  })

  it('fits a history that was too long from the start, and ends with a clear error where nothing helps', async () => {
    const history = Array.from({ length: 40 }, (_, i) => ({
      role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: words(400),
    }))
    const agent = make({ context: { tokensMax: 1_500 } })
    const seen: ModelRequest[] = []
    const run = await drive(
      agent,
      [...history, { role: 'user', content: TASK }],
      playing([], (t) => t, seen),
    )
    expect(valueOf(run)).toEqual({ text: 'done' })
    expect(compactions(run)).toEqual(['r1/compact'])
    expect(seen[1]?.messages.at(-1)).toEqual({ role: 'user', content: [{ type: 'text', text: TASK }] })
    const error = errorOf(
      await drive(
        agent,
        words(20_000),
        playing([], (t) => t, []),
      ),
    )
    expect(error).toMatchObject({ code: 'CONTEXT_EXCEEDED', message: expect.stringContaining('1500 tokens') })
  })

  it('is off where nothing is said and the window is not known, and refuses what cannot be meant', async () => {
    const turns: readonly Turn[] = [{ says: 0, gives: [40_000, 40_000], summary: 'good' }]
    const run = await drive(
      make({ tools: { read } }),
      TASK,
      playing(turns, (tokens) => tokens, []),
    )
    expect(run.lists.size).toBe(1)
    for (const context of [{}, { tokensMax: 10 }, { tokensMax: 2_000.5 }, 7 as never])
      expect(() => make({ context })).toThrow('context: { tokensMax: n }')
    expect(() => make({ model: 'openai/gpt-4o', context: {} })).not.toThrow()
  })
})
