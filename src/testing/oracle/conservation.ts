/** Σ of amounts over a tree of processes (rule G2), folded from the facts by other code than the kernel's. */
import { DIMENSIONS, ProcessState } from '../../kernel/index.ts'
import type { Amounts, Dimension } from '../../kernel/index.ts'
import { bornOf, factsOf } from './journal.ts'
import type { Journal } from './journal.ts'

/** The account of a process after all its facts; `given` went to detached children and does not come back (rule C4). */
export type Balance = { readonly [Part in (typeof PARTS)[number]]: Amounts }

const PARTS = ['cap', 'reserved', 'delegated', 'given', 'spent', 'forfeited'] as const

type Sums = { [D in Dimension]?: number }

const plus = (sums: Sums, amounts: Amounts = {}, sign = 1): void => {
  for (const dimension of DIMENSIONS) {
    const amount = amounts[dimension] ?? 0
    if (amount !== 0) sums[dimension] = (sums[dimension] ?? 0) + sign * amount
  }
}

/** Folds the account of one process. */
export function balanceOf({ facts }: Journal): Balance {
  const balance = { cap: { ...bornOf(facts)?.cap }, reserved: {}, delegated: {}, given: {}, spent: {}, forfeited: {} }
  const open = new Map<string, Amounts>()
  const close = (key: string): void => {
    plus(balance.reserved, open.get(key), -1)
    open.delete(key)
  }
  const detached = new Set(factsOf(facts, 'sent').flatMap((fact) => (fact.detached === true ? [fact.to] : [])))
  for (const fact of facts) {
    if (fact.type === 'snapshot') open.clear()
    if (fact.type === 'intended') {
      open.set(fact.key, fact.reserve)
      plus(balance.reserved, fact.reserve)
    }
    if (fact.type === 'settled' && open.has(fact.key)) {
      close(fact.key)
      plus(balance.spent, fact.actual)
    }
    if (fact.type === 'reopened') plus(balance.cap, fact.withheld, -1)
    if (fact.type !== 'account') continue
    const delegated = fact.other !== undefined && detached.has(fact.other) ? balance.given : balance.delegated
    if (fact.op === 'forfeit' && fact.key !== undefined && open.has(fact.key)) {
      plus(balance.forfeited, fact.amounts)
      close(fact.key)
    }
    if (fact.op === 'carve') plus(delegated, fact.amounts)
    if (fact.op === 'return') plus(delegated, fact.amounts, -1)
    if (fact.op === 'carve' || fact.op === 'return') {
      plus(balance.spent, fact.spent)
      plus(balance.forfeited, fact.forfeited)
    }
    if (fact.op === 'topUp') plus(balance.cap, cappedPart(balance.cap, fact.amounts))
  }
  return balance
}

/** Where there is no limit nothing raises it. */
function cappedPart(cap: Amounts, amounts: Amounts): Amounts {
  return Object.fromEntries(DIMENSIONS.flatMap((d) => (cap[d] === undefined ? [] : [[d, amounts[d] ?? 0]])))
}

/** What does not add up in a tree of processes that have all ended. */
export function conservationOffences(journals: readonly Journal[], capped: readonly Dimension[]): readonly string[] {
  const offences: string[] = []
  for (const journal of journals) {
    const balance = balanceOf(journal)
    offences.push(...disagreements(journal, balance))
    for (const dimension of DIMENSIONS) {
      const [reserved, delegated, used] = [
        balance.reserved[dimension] ?? 0,
        balance.delegated[dimension] ?? 0,
        (['spent', 'forfeited', 'given'] as const).reduce((sum, part) => sum + (balance[part][dimension] ?? 0), 0),
      ]
      if (reserved !== 0) offences.push(`X6: ${journal.pid} ended with ${reserved} ${dimension} reserved`)
      if (delegated !== 0) offences.push(`G2: ${journal.pid} ended with ${delegated} ${dimension} delegated`)
      const cap = balance.cap[dimension]
      if (capped.includes(dimension) && cap !== undefined && used > cap)
        offences.push(`G2: ${journal.pid} used ${used} ${dimension} of ${cap}`)
    }
  }
  return offences
}

/** Where the kernel's own fold sees another account. */
function disagreements({ pid, facts }: Journal, balance: Balance): readonly string[] {
  const state = new ProcessState()
  for (const fact of facts) state.apply(fact)
  const { cap, reserved, delegated, spent, forfeited } = state.account.data
  const given = balance.given
  return DIMENSIONS.flatMap((dimension) => {
    const kernel = [reserved, delegated, spent, forfeited, ...(cap[dimension] === undefined ? [] : [cap])]
    const own = [balance.reserved, balance.delegated, balance.spent, balance.forfeited, balance.cap]
    return kernel.flatMap((amounts, part) => {
      const [theirs, ours] = [
        amounts[dimension] ?? 0,
        (own[part]?.[dimension] ?? 0) + (part === 1 ? (given[dimension] ?? 0) : 0),
      ]
      return theirs === ours
        ? []
        : [
            `G2: the kernel's account of ${pid} says ${theirs} ${dimension}, its facts ${ours} ` +
              `(${PARTS.filter((name) => name !== 'given' && name !== 'cap')[part] ?? 'cap'})`,
          ]
    })
  })
}

/** Attempts that were begun in these journals: the least that all accounts together must have seen of tool calls. */
export function begunAttempts(journals: readonly Journal[]): number {
  return journals.reduce((sum, { facts }) => sum + factsOf(facts, 'begun').length, 0)
}
