import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AgentDefinition, ModelAnswer, ReducerAsk } from '../kernel/index.ts'
import type { Drive } from './loop.fixture.ts'
import { broken, call, calls, drive, echo, hash, make, replay, says, script, sub } from './loop.fixture.ts'

type Turn = { readonly parts: readonly number[]; readonly text: string; readonly reason: ModelAnswer['finishReason'] }

const someCalls = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 })
const turn: fc.Arbitrary<Turn> = fc.record({
  parts: fc.oneof({ weight: 3, arbitrary: someCalls }, { weight: 1, arbitrary: fc.constant([]) }),
  text: fc.constantFrom('', 'hm', '{"n":1}', '{"n":"x"}'),
  reason: fc.constantFrom(...Array<'stop'>(9).fill('stop'), 'length', 'error', 'content-filter'),
})

const CALLS = [
  call('echo', { text: 'a' }),
  call('broken'),
  call('gone'),
  call('sub', { prompt: 'p' }),
  call('echo', '{'),
  call('seen', { q: 1n }),
]

const seen = {
  inputSchema: z.object({}),
  execute: () => ({ at: new Uint8Array(2) }),
  toModelOutput: () => ({ type: 'text', value: 'shown' }),
}
const plain = make({ tools: { echo, broken, sub, seen }, maxSteps: 5 })
const agents: readonly AgentDefinition[] = [
  plain,
  make({ tools: [{ ...echo, name: 'echo' }, sub], output: z.object({ n: z.number() }), instructions: () => 'go' }),
  make({ tools: { echo, broken, sub }, stopWhen: ({ steps }) => steps.length > 3 }),
]

function following(turns: readonly Turn[]): (ask: ReducerAsk) => unknown {
  const answers = turns.map(({ parts, text, reason }) => {
    const content = [...says(text).content, ...parts.flatMap((part) => CALLS[part] ?? [])]
    return says(text, { finishReason: reason, content })
  })
  return script(...answers)
}

const by =
  (dice: fc.Stream<number>) =>
  (open: number): number =>
    Number(dice.next().value) % Math.max(open, 1)

const hashes = (run: Drive): readonly string[] => run.seen.flatMap((ask) => ask.contentHash ?? [])

describe('an agent is a fold over its outcomes', () => {
  it('P2: equal outcomes give equal asks, slots, hashes and end', async () => {
    const law = fc.asyncProperty(
      fc.array(turn, { maxLength: 8 }),
      fc.constantFrom(...agents),
      fc.infiniteStream(fc.nat(100)),
      async (turns, agent, dice) => {
        const live = await drive(agent, 'go', following(turns), by(dice))
        expect(replay(agent, 'go', live.log)).toEqual({ seen: live.seen, end: live.end })
        expect(new Set(live.seen.map((ask) => ask.slot)).size).toBe(live.seen.length)
      },
    )
    await fc.assert(law, { numRuns: 200 })
  })

  it('A3: it makes no difference where an agent is left and made anew from its state', async () => {
    const law = fc.asyncProperty(
      fc.array(turn, { maxLength: 8 }),
      fc.constantFrom(...agents),
      fc.infiniteStream(fc.nat(100)),
      fc.infiniteStream(fc.boolean()),
      async (turns, agent, dice, leaves) => {
        const order = [...dice.take(500)]
        const pick = (from: number[]) => (open: number) => (from.shift() ?? 0) % Math.max(open, 1)
        const whole = await drive(agent, 'go', following(turns), pick([...order]))
        const isLeft = (): boolean => leaves.next().value === true
        const parted = await drive(agent, 'go', following(turns), pick([...order]), { isLeft })
        expect({ seen: parted.seen, end: parted.end }).toEqual({ seen: whole.seen, end: whole.end })
      },
    )
    await fc.assert(law, { numRuns: 200 })
  })

  it('A2: the order in which calls settle leaves no trace in the conversation', async () => {
    const law = fc.asyncProperty(
      fc.array(turn, { maxLength: 6 }),
      fc.infiniteStream(fc.nat(100)),
      async (turns, dice) => {
        const inOrder = await drive(plain, 'go', following(turns))
        const shuffled = await drive(plain, 'go', following(turns), by(dice))
        expect(hashes(shuffled)).toEqual(hashes(inOrder))
        expect(shuffled.end).toEqual(inOrder.end)
      },
    )
    await fc.assert(law, { numRuns: 100 })
  })

  it('K4: hashes each message once, and never copies the conversation', async () => {
    let hashedChars = 0
    const counting = (text: string): string => {
      hashedChars += text.length
      return hash(text)
    }
    const steps = Array<ModelAnswer>(200).fill(calls(call('echo', { text: 'a' })))
    const agent = make({ tools: { echo }, maxSteps: 500, loopDetection: false })
    const run = await drive(agent, 'go', script(...steps, says('end')), undefined, { hashing: counting })
    expect(run.lists.size).toBe(1)
    expect(new Set(hashes(run)).size).toBe(201)
    expect(hashedChars).toBeLessThan(200 * 2 * 400)
  })

  it('hears nothing more after its end, and knows what it never asked', () => {
    const instance = make({}).reducer({ input: 'go', pid: 'p', hash })
    instance.begin()
    expect(() => instance.on('r9/model', { ok: true, value: 1 })).toThrow('broken invariant')
    const failed = { ok: false as const, error: { code: 'MODEL_AUTH', message: 'no key', retryable: false } }
    expect(instance.on('r1/model', failed).end).toEqual(failed)
    expect(instance.on('r1/model', { ok: true, value: says('x') })).toEqual({ asks: [] })
  })
})
