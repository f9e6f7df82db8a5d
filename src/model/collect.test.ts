import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Collector } from './collect.ts'
import { ANSWER_CHARS_MAX } from './limits.ts'

type Block = { readonly type: 'text' | 'reasoning'; readonly deltas: readonly string[] }
const block: fc.Arbitrary<Block> = fc.record({
  type: fc.constantFrom('text', 'reasoning'),
  deltas: fc.array(fc.string()),
})
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}
const finish: LanguageModelV4StreamPart = { type: 'finish', usage, finishReason: { unified: 'stop', raw: undefined } }

it('blocks come out in the order they began, however their deltas are interleaved', () => {
  fc.assert(
    fc.property(fc.array(block), fc.infiniteStream(fc.nat()), (blocks, draws) => {
      const collector = new Collector()
      for (const [i, { type }] of blocks.entries()) collector.take({ type: `${type}-start`, id: String(i) })
      const left = blocks.map(({ deltas }) => [...deltas])
      let heard = ''
      while (left.some((deltas) => deltas.length > 0)) {
        const open = left.flatMap((deltas, i) => (deltas.length > 0 ? [i] : []))
        const i = open[(draws.next().value ?? 0) % open.length] ?? 0
        const { type } = blocks[i] ?? { type: 'text' }
        heard += collector.take({ type: `${type}-delta`, id: String(i), delta: left[i]?.shift() ?? '' })
      }
      expect(collector.result()).toBeUndefined()
      collector.take(finish)
      expect(collector.result()?.content).toEqual(blocks.map(({ type, deltas }) => ({ type, text: deltas.join('') })))
      const spoken = blocks.filter(({ type }) => type === 'text').flatMap(({ deltas }) => deltas)
      expect(heard.split('').sort()).toEqual(spoken.join('').split('').sort())
    }),
  )
})

it('an answer without end fails before it fills the memory', () => {
  const collector = new Collector()
  const delta = 'x'.repeat(ANSWER_CHARS_MAX / 4)
  const take = (): string => collector.take({ type: 'tool-input-delta', id: '1', delta })
  for (let i = 0; i < 4; i++) take()
  expect(take).toThrow(expect.objectContaining({ code: 'MODEL_BAD_ANSWER' }))
})
