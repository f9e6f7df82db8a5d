import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROPOSE_MS } from '../limits.ts'
import { judgeBudget, trialBudget, visitBudget, visitSize } from './budget.ts'

const costs = fc.record({
  worstMs: fc.integer({ min: 1, max: 60_000 }),
  usualMs: fc.integer({ min: 1, max: 60_000 }),
  heldMs: fc.integer({ min: 0, max: 60_000 }),
})
const left = fc.record({
  effectMs: fc.integer({ min: 0, max: 1_000_000 }),
  processes: fc.integer({ min: 0, max: 1_000 }),
})

describe('the budget of a visit', () => {
  it('never exceeds what is left, and leaves what is held', () => {
    fc.assert(
      fc.property(left, fc.integer({ min: 1, max: 10 }), costs, (have, changes, cost) => {
        const budget = visitBudget(have, { changes, lanes: 2 }, cost)
        if (budget === undefined) return
        expect(Number(budget.time) + cost.heldMs).toBeLessThanOrEqual(have.effectMs)
        expect(Number(budget.processes) + 1).toBeLessThanOrEqual(have.processes)
      }),
    )
  })

  it('covers the worst case of at least one trial and its processes, or is refused', () => {
    fc.assert(
      fc.property(left, fc.integer({ min: 1, max: 10 }), costs, (have, changes, cost) => {
        const budget = visitBudget(have, { changes, lanes: 2 }, cost)
        const enough = have.effectMs - cost.heldMs >= PROPOSE_MS + cost.worstMs && have.processes >= 3
        expect(budget !== undefined).toBe(enough)
        if (budget === undefined) return
        const afterProposing = { effectMs: Number(budget.time) - PROPOSE_MS, processes: Number(budget.processes) }
        expect(trialBudget(afterProposing, cost)).toBeDefined()
      }),
    )
  })

  it('covers trial, judge and a repeat after a crash where there is enough', () => {
    const cost = { worstMs: 700, usualMs: 200, heldMs: 0 }
    const visit = visitBudget({ effectMs: 10_000, processes: 100 }, { changes: 1, lanes: 2 }, cost)
    const trial = trialBudget({ effectMs: Number(visit?.time) - PROPOSE_MS, processes: Number(visit?.processes) }, cost)
    const left = { effectMs: Number(trial?.time) - cost.worstMs, processes: Number(trial?.processes) }
    expect(judgeBudget(left, cost)).toMatchObject({ time: 2 * cost.worstMs })
    expect(judgeBudget({ ...left, effectMs: cost.worstMs - 1 }, cost)).toBeUndefined()
  })
})

describe('the size of a visit', () => {
  it('is one change where the budget is tight, and more where there is plenty for few files', () => {
    const cost = { worstMs: 5_000, usualMs: 1_000, heldMs: 0 }
    expect(visitSize(60_000, 100, cost)).toBe(1)
    expect(visitSize(60_000, 5, cost)).toBe(6)
    expect(visitSize(3_600_000, 5, cost)).toBe(10)
  })
})
