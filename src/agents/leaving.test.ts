import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { WhenBusy } from '../kernel/index.ts'
import { agent } from './agent.ts'
import { call, calls, hash, make, says } from './loop.fixture.ts'
import { Talk } from './talk.fixture.ts'

type Act =
  | { readonly do: 'answer'; readonly text: string }
  | { readonly do: 'call'; readonly tools: readonly ('write' | 'read')[] }
  | { readonly do: 'give'; readonly at: number }
  | { readonly do: 'begin'; readonly at: number }
  | { readonly do: 'say'; readonly text: string; readonly whenBusy: WhenBusy; readonly isCall: boolean }

const inputSchema = z.object({ text: z.string() })
const tools = {
  write: { inputSchema, execute: () => '' },
  read: { effect: 'read' as const, inputSchema, execute: () => '' },
}
const text = fc.constantFrom('one', 'two', 'three')
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant('answer' as const), text }),
  fc.record({
    do: fc.constant('call' as const),
    tools: fc.array(fc.constantFrom('write', 'read'), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ do: fc.constant('give' as const), at: fc.nat(3) }),
  fc.record({ do: fc.constant('give' as const), at: fc.nat(3) }),
  fc.record({ do: fc.constant('begin' as const), at: fc.nat(3) }),
  fc.record({
    do: fc.constant('say' as const),
    text,
    whenBusy: fc.constantFrom<WhenBusy[]>('steer', 'queue', 'reject', 'replace'),
    isCall: fc.boolean(),
  }),
)

/** Does it if it can be done now; `n` makes what is said and called different each time. */
function perform(talk: Talk, doing: Act, n: number): void {
  const work = talk.work
  const model = work.find((slot) => slot.endsWith('/model'))
  const acting = work.filter((slot) => slot.includes('/tool/'))
  switch (doing.do) {
    case 'answer':
      if (model !== undefined) talk.model(says(`${doing.text} ${n}`), model)
      return
    case 'call':
      if (model !== undefined)
        talk.model(calls(...doing.tools.map((name, i) => call(name, { text: `${n}` }, `c${n}-${i}`))), model)
      return
    case 'give': {
      const slot = acting[doing.at % Math.max(acting.length, 1)]
      if (slot !== undefined) talk.give(slot, `given ${n}`)
      return
    }
    case 'begin': {
      const slot = acting[doing.at % Math.max(acting.length, 1)]
      const ask = slot === undefined ? undefined : talk.open.get(slot)
      if (slot !== undefined && ask?.type === 'tool' && ask.name === 'write') talk.begun.add(slot)
      return
    }
    case 'say': {
      const replyTo = doing.isCall ? { replyTo: { pid: `p${n}`, id: `i${n}` } } : {}
      talk.say(`${doing.text} ${n}`, { whenBusy: doing.whenBusy, ...replyTo })
    }
  }
}

const seenOf = (talk: Talk) => ({
  told: talk.told,
  work: talk.work,
  end: talk.end,
  sent: talk.sent.map(({ to, body, failed }) => ({ to, body, failed })),
})

it('A3: whoever speaks, and whenever: an agent that is left at every snapshot does the same as one that never is', () => {
  let lefts = 0
  const law = fc.property(
    fc.array(act, { maxLength: 25 }),
    fc.constantFrom<('end' | 'wait')[]>('end', 'wait'),
    (acts, onIdle) => {
      const agent = make({ tools, onIdle, instructions: 'Be kind.', maxSteps: 100 })
      const whole = new Talk(agent)
      const parted = new Talk(agent, 'go', () => true)
      for (const [n, doing] of acts.entries()) {
        if (whole.end !== undefined) break
        perform(whole, doing, n)
        perform(parted, doing, n)
        expect(seenOf(parted)).toEqual(seenOf(whole))
      }
      lefts += parted.states.length
    },
  )
  fc.assert(law, { numRuns: 300 })
  expect(lefts).toBeGreaterThan(300)
})

it('A3: whoever was handed the conversation has it after a snapshot too, as far as this code still knows the name', () => {
  const refunds = agent({ name: 'refunds', model: 'offline', instructions: 'You pay back.', tools })
  const desk = make({ instructions: 'You find out.', handoffs: [refunds] })
  const talk = new Talk(desk, 'go', () => true)
  talk.model(calls(call('transfer_to_refunds', {}, 'c1'))).hooks()
  expect(talk.told[0]).toBe('system: You pay back.')
  expect(talk.states).toHaveLength(2)
  talk.model(calls(call('write', { text: 'a' }, 'c2'))).give('r2/tool/0', 'A')
  expect([talk.told[0], talk.told.at(-1), talk.work]).toEqual([
    'system: You pay back.',
    'result write: A',
    ['r3/model'],
  ])
  const alone = make({ instructions: 'You do it all.', tools })
  const heir = alone.reducer({ input: 'go', pid: 'p', hash, state: { ...stateOf(talk), agent: 'refunds' } })
  const [first] = heir.begin().asks
  expect(first).toMatchObject({
    slot: 'r3/model',
    request: { messages: [{ content: 'You do it all.' }, {}, {}, {}, {}, {}] },
  })
})

const stateOf = (talk: Talk): object => talk.states.at(-1) as object
