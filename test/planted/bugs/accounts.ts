/** Mistakes in accounts: what is reserved, released, carved and brought home. */
import type { PlantedBug } from '../planted-bug.ts'

const ACCOUNT = 'src/kernel/accounts/account.ts'
const BOOKING = 'src/kernel/processes/booking.ts'
const DECIDE = 'src/kernel/gate/decide.ts'
const FUNDING = 'src/kernel/processes/funding.ts'

export const ACCOUNT_BUGS: readonly PlantedBug[] = [
  {
    name: 'refund of a begun effect',
    breaks: ['E2', 'E4'],
    because: 'it has no outcome, so it cost nothing',
    edits: [
      {
        file: 'src/kernel/processes/recovery.ts',
        text: 'amounts: lostAmounts(process, record) })\n  if (!wanted)',
        instead: 'amounts: {} })\n  if (!wanted)',
      },
    ],
  },
  {
    name: 'reserve not released',
    breaks: ['G2', 'E5'],
    because: 'the cost is booked, and the rest forgotten',
    edits: [
      {
        file: ACCOUNT,
        text: 'reserved: subtractAmounts(this.#data.reserved, reserve), spent, frozen',
        instead: 'reserved: subtractAmounts(this.#data.reserved, actual), spent, frozen',
      },
    ],
  },
  {
    name: 'reserve released twice',
    breaks: ['G2'],
    because: 'a forfeit and a settlement both end a reservation',
    edits: [
      {
        file: BOOKING,
        text:
          "if (record.phase === 'begun' || record.phase === 'intended') record.phase = 'waiting'\n" +
          '        state.account.forfeit(record.reserve, fact.amounts)\n        record.reserve = {}',
        instead: 'state.account.forfeit(record.reserve, fact.amounts)',
      },
    ],
  },
  {
    name: 'an overrun does not freeze the account',
    breaks: ['E5'],
    because: 'the debt shows in what is left',
    edits: [
      {
        file: ACCOUNT,
        text: '(actual[dimension] ?? 0) > (reserve[dimension] ?? 0)) frozen = true',
        instead: '(actual[dimension] ?? 0) < 0) frozen = true',
      },
    ],
  },
  {
    name: 'asks of one turn do not see what the others reserve',
    breaks: ['E1', 'G1'],
    because: 'the facts say what is reserved, and they come later',
    edits: [{ file: 'src/kernel/gate/gate.ts', text: '  account.reserve(reserve)\n', instead: '' }],
  },
  {
    name: 'what a child drew later is not returned',
    breaks: ['G2', 'C3'],
    because: 'its cap is what it was last given',
    edits: [
      { file: BOOKING, text: 'child.cap = addAmounts(child.cap, fact.amounts)', instead: 'child.cap = fact.amounts' },
    ],
  },
  {
    name: 'a child costs nothing when it has come home',
    breaks: ['G2', 'C3'],
    because: 'what it did not use comes back, and all of it seems unused',
    edits: [
      {
        file: BOOKING,
        text: 'state.account.giveBack(fact.amounts, spent, forfeited)',
        instead: 'state.account.giveBack(fact.amounts, {}, forfeited)',
      },
    ],
  },
  {
    name: 'the end of a child booked twice',
    breaks: ['C3', 'J4'],
    because: 'it is told by a control, and those come once',
    edits: [
      {
        file: 'src/kernel/processes/controls.ts',
        text: 'if (child === undefined || child.ended) return',
        instead: 'if (child === undefined) return',
      },
    ],
  },
  {
    name: 'a start is not paid for',
    breaks: ['C1', 'G2'],
    because: 'the child has its cap, and the parent keeps its own',
    edits: [{ file: DECIDE, text: '  account.carve(carve, price)\n', instead: '' }],
  },
  {
    name: 'compensations have no money of their own',
    breaks: ['X4'],
    because: 'what is left will do',
    edits: [
      {
        file: DECIDE,
        text: '  if (!process.shield.isEmpty) account.reserve(process.shield.kept(process.state))\n',
        instead: '',
      },
    ],
  },
  {
    name: 'a wait for money is not ended by its verdict',
    breaks: ['G5', 'J4'],
    because: 'it has what it waited for',
    edits: [
      {
        file: FUNDING,
        text: 'return process.state.budgetWaits.has(key) ? [{',
        instead: 'return process.state.budgetWaits.size < 0 ? [{',
      },
    ],
  },
  {
    name: 'money that came home wakes nobody',
    breaks: ['G5'],
    because: 'who waits will look again',
    edits: [{ file: 'src/kernel/processes/kernel.ts', text: '    releaseBudgetWaits(process)\n', instead: '' }],
  },
  {
    name: 'a child is given money once',
    breaks: ['G5', 'M2'],
    because: 'an id that names who gives looks unique enough; the second gift is a duplicate',
    edits: [
      {
        file: FUNDING,
        text: 'id: `${process.pid}!funded${fact.seq}`',
        instead: 'id: `${process.pid}!funded`',
      },
    ],
  },
  {
    name: 'the patience of a strict account',
    breaks: ['G5', 'E1'],
    because: 'everybody waits for a top-up',
    edits: [
      {
        file: 'src/kernel/gate/stages/budget.ts',
        text: 'if (!refusedAbove && (!account.strict || mayFund(process, short)))',
        instead: 'if (!refusedAbove)',
      },
    ],
  },
]
