/** What `account` facts do to the account of a process, and to what it knows of its children's money (rules G1, G2). */
import { unreachable } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { addAmounts } from '../accounts/amounts.ts'
import type { FactOf } from '../journal/facts.ts'
import type { ProcessState } from './process-state.ts'

/** Books an `account` fact. */
export function bookAccount(state: ProcessState, fact: FactOf<'account'>): void {
  switch (fact.op) {
    case 'carve': {
      state.account.carve(fact.amounts, fact.spent ?? {}, fact.forfeited ?? {})
      const child = fact.other === undefined ? undefined : state.children.get(fact.other)
      if (child !== undefined) child.cap = addAmounts(child.cap, fact.amounts)
      return
    }
    case 'return': {
      const child = fact.other === undefined ? undefined : state.children.get(fact.other)
      const { spent = {}, forfeited = {} } = fact
      if (child !== undefined) {
        child.ended = true
        child.spent = spent
        child.returned = { cap: addAmounts(child.cap, child.broughtHome ?? {}), spent, forfeited }
        child.cap = {}
        // Part of what goes out again from here on: it counts once.
        delete child.broughtHome
      }
      state.account.giveBack(fact.amounts, spent, forfeited)
      return
    }
    case 'forfeit': {
      if (fact.key !== undefined) {
        const record = state.record(fact.key)
        if (fact.failed !== true && record.phase === 'begun') record.inDoubt = true
        if (record.phase === 'begun' || record.phase === 'intended') record.phase = 'waiting'
        state.account.forfeit(record.reserve, fact.amounts)
        record.reserve = {}
      }
      return
    }
    case 'topUp':
      state.account.topUp(fact.amounts)
      bringHome(state, fact)
      if (fact.by !== state.born?.parent?.pid) state.toppedUp = addAmounts(state.toppedUp, fact.amounts)
      return
    default:
      unreachable(fact.op, 'account operation')
  }
}

function bringHome(state: ProcessState, { by, amounts }: FactOf<'account'>): void {
  const child = by === undefined ? undefined : state.children.get(by as Pid)
  if (child !== undefined) child.broughtHome = amounts
}
