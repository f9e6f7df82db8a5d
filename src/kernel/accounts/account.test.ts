import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Account } from './account.ts'
import { addAmounts, capOf, DIMENSIONS, subtractAmounts } from './amounts.ts'
import type { Amounts } from './amounts.ts'

/** cap = available + reserved + delegated + spent + forfeited, per capped dimension (rule G2). */
function conserves(account: Account): void {
  const { cap, reserved, delegated, spent, forfeited } = account.data
  for (const dimension of DIMENSIONS) {
    const limit = cap[dimension]
    if (limit === undefined) continue
    const held = [reserved, delegated, spent, forfeited].reduce((sum, amounts) => sum + (amounts[dimension] ?? 0), 0)
    expect(account.available(dimension) + held).toBe(limit)
  }
}

const amounts = fc.record({ tokens: fc.nat(50), toolCalls: fc.nat(5) }, { requiredKeys: [] }) as fc.Arbitrary<Amounts>
const move = fc.oneof(
  fc.record({ type: fc.constant('reserve' as const), amounts }),
  fc.record({ type: fc.constant('settle' as const), amounts, actual: amounts }),
  fc.record({ type: fc.constant('forfeit' as const), amounts, actual: amounts }),
  fc.record({ type: fc.constant('carve' as const), amounts }),
  fc.record({ type: fc.constant('giveBack' as const), amounts, actual: amounts }),
  fc.record({ type: fc.constant('topUp' as const), amounts }),
)

describe('an account', () => {
  it('G2: conserves whatever moves', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        const account = Account.withCap({ tokens: 100, toolCalls: 10 }, false)
        for (const step of moves) {
          if (step.type === 'reserve') account.reserve(step.amounts)
          else if (step.type === 'settle') account.settle(step.amounts, step.actual)
          else if (step.type === 'forfeit') account.forfeit(step.amounts, step.actual)
          else if (step.type === 'carve') account.carve(step.amounts, { processes: 1 })
          else if (step.type === 'giveBack') account.giveBack(step.amounts, step.actual, {})
          else account.topUp(step.amounts)
          conserves(account)
        }
      }),
    )
  })

  it('says what is short, in the dimensions that have a cap', () => {
    const account = Account.withCap({ tokens: 10 }, false)
    expect(account.shortage({ tokens: 10, toolCalls: 1_000 })).toBeUndefined()
    account.reserve({ tokens: 4 })
    expect(account.shortage({ tokens: 6 })).toBeUndefined()
    expect(account.shortage({ tokens: 7 })).toEqual({ tokens: 1 })
    expect(account.available('toolCalls')).toBe(Number.POSITIVE_INFINITY)
    expect(account.left()).toEqual({ tokens: 6 })
  })

  it('E5: more spent than reserved freezes it until it is topped up', () => {
    const account = Account.withCap({ tokens: 10 }, false)
    account.reserve({ tokens: 2 })
    account.settle({ tokens: 2 }, { tokens: 3 })
    expect(account.frozen).toBe(true)
    expect(account.shortage({ tokens: 1 })).toEqual({ tokens: 1 })
    account.topUp({ tokens: 5, toolCalls: 5 })
    expect(account.frozen).toBe(false)
    expect(account.data.cap).toEqual({ tokens: 15 })
  })

  it('an overrun where there is no cap freezes nothing', () => {
    const account = Account.withCap({ tokens: 10 }, false)
    account.reserve({ toolCalls: 1 })
    account.settle({ toolCalls: 1 }, { toolCalls: 2 })
    expect(account.frozen).toBe(false)
    expect(account.data.spent).toEqual({ toolCalls: 2 })
  })

  it('a draft decides without changing anything', () => {
    const account = Account.withCap({ tokens: 10 }, true)
    const draft = account.draft()
    draft.reserve({ tokens: 10 })
    expect(draft.available('tokens')).toBe(0)
    expect(draft.strict).toBe(true)
    expect(account.available('tokens')).toBe(10)
  })
})

describe('amounts', () => {
  it('a budget in words is a cap in integers', () => {
    expect(capOf({ usd: 0.5, time: '90s', modelCalls: 2.9, processes: 0 })).toEqual({
      microUsd: 500_000,
      effectMs: 90_000,
      modelCalls: 2,
      processes: 0,
    })
    expect(capOf({})).toEqual({})
    expect(() => capOf({ tokens: -1 })).toThrow('budget.tokens is -1')
    expect(() => capOf({ toolCalls: Number.NaN })).toThrow('budget.toolCalls is NaN')
  })

  it('add and subtract are each other’s inverse', () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        const back = subtractAmounts(addAmounts(a, b), b)
        for (const dimension of DIMENSIONS) expect(back[dimension] ?? 0).toBe(a[dimension] ?? 0)
      }),
    )
  })
})
