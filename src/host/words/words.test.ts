import { describe, expect, it } from 'vitest'
import { payloadOf } from '../../kernel/index.ts'
import { madeFamily, waiting } from '../views/family.fixture.ts'
import { restOf } from '../views/rest.ts'
import { amountsWords, bytesWords, elapsedWords, spendWords, usdWords } from './amounts.ts'
import { parseBudget } from './budget.ts'
import { waitWords } from './fact.ts'
import { nearest } from './nearest.ts'
import { needName, needWords } from './need.ts'
import { oneLine, payloadWords, valueWords } from './value.ts'

describe('words', () => {
  it('says times', () => {
    expect([0, 449, 9_999, 12_000, 192_000, 7_500_000, 273_600_000].map(elapsedWords)).toEqual([
      '0.0s',
      '0.4s',
      '9.9s',
      '12s',
      '3m12s',
      '2h05m',
      '3d4h',
    ])
  })
  it('says money', () => {
    expect([0, 310_000, 42_000, 4_200, 1, 12_340_000].map(usdWords)).toEqual([
      '$0.00',
      '$0.31',
      '$0.042',
      '$0.0042',
      '$0.000001',
      '$12.34',
    ])
  })
  it('says sizes', () => {
    expect([0, 999, 3_100, 2_000_000].map(bytesWords)).toEqual(['0 B', '999 B', '3.1 kB', '2.0 MB'])
  })
  it('says amounts', () => {
    expect(
      amountsWords({ microUsd: 310_000, modelCalls: 1, toolCalls: 2, processes: 2, effectMs: 41_000, tokens: 0 }),
    ).toBe('$0.31, 41s in effects, 1 model call, 2 tool calls, 2 processes')
    expect(amountsWords({})).toBe('nothing')
  })
  it('shows spending against the cap that binds', () => {
    expect(spendWords({ microUsd: 310_000 }, { microUsd: 500_000 })).toBe('$0.31 of $0.50')
    expect(spendWords({ effectMs: 41_000 }, { effectMs: 90_000 })).toBe('41s of 1m30s')
    expect(spendWords({ effectMs: 41_000 }, undefined)).toBe('')
  })
  it('reads budgets', () => {
    expect(parseBudget('90s')).toEqual({ time: 90_000 })
    expect(parseBudget('$0.5, 200-processes,strict')).toEqual({ usd: 0.5, processes: 200, strict: true })
    expect(parseBudget('0.25usd,20000-tokens,3-model-calls,4-tool-calls')).toEqual({
      usd: 0.25,
      tokens: 20_000,
      modelCalls: 3,
      toolCalls: 4,
    })
    expect(() => parseBudget('lots')).toThrow(/--budget lots is not a budget; write 90s/)
    expect(() => parseBudget('bash.5')).toThrow(/a shell reads \$0/)
  })
  it('finds the nearest word, or none', () => {
    expect([
      nearest('aprove', ['approve', 'deny']),
      nearest('shwo', ['show', 'send']),
      nearest('zzzzzz', ['show']),
    ]).toEqual(['approve', 'show', undefined])
  })
  it('shows a question of an old journal that has no title', async () => {
    const family = await madeFamily([
      { pid: 'a1', status: 'waiting', facts: [waiting('ask:old:-#0', { kind: 'answer' })] },
    ])
    const rest = restOf(family)
    const needs = rest.type === 'resting' ? rest.needs : []
    expect(needs.map((need) => [needName(need), needWords(need)])).toEqual([['a1/old', 'old']])
    expect(waitWords({ kind: 'answer' })).toBe('for an answer')
  })
  it('keeps values in one harmless line', () => {
    expect(oneLine('a\n\tb\u001b[31mred')).toBe('a b\ufffd[31mred')
    expect(valueWords({ text: 'x'.repeat(100) }, 20)).toHaveLength(20)
    expect(valueWords({ n: 3n, b: new Uint8Array(4) })).toBe('{"n":"3n","b":"<4 bytes>"}')
    expect(payloadWords(payloadOf({ text: 'x'.repeat(3100) }), 12)).toBe('{"text":"xx… 3.1 kB')
    expect(payloadWords({ text: '1', erased: true })).toBe('(erased)')
  })
})
