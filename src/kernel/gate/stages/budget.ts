import { SkeinError } from '../../../std/index.ts'
import { amountsText } from '../../accounts/amounts.ts'
import { suffixed } from '../../keys/key.ts'
import { mayFund } from '../../processes/funding.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** The worst case fits what is left of the account. */
export const budget: Stage = {
  name: 'budget',
  judge: ({ process, ask, reserve, account }) => {
    const short = account.shortage(reserve)
    if (short === undefined) return PASS
    const key = suffixed(ask.key, 'budget')
    const wait = process.state.effects.get(key)
    if (wait?.waiting !== undefined) return { type: 'wait', facts: [] }
    const refusedAbove = wait?.outcome?.type === 'error'
    if (!refusedAbove && (!account.strict || mayFund(process, short)))
      return { type: 'wait', facts: [{ type: 'waiting', key, on: { kind: 'budget', need: reserve } }] }
    const what = amountsText(short)
    const code = account.frozen ? 'ACCOUNT_FROZEN' : 'BUDGET_EXCEEDED'
    return {
      type: 'refuse',
      error: new SkeinError(
        code,
        `${ask.name} needs ${what} more than is left in the budget of ${process.pid}; raise the budget, or stop here`,
        { data: { need: reserve, short } },
      ),
    }
  },
}
