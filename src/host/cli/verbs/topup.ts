import { SkeinError } from '../../../std/index.ts'
import { topUpProcess } from '../../operate/acts.ts'
import { parseBudget } from '../../words/budget.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actorName } from '../folder.ts'
import type { VerbBody } from '../verb.ts'

/** `skein topup`. */
export const topup: VerbBody = {
  positionals: [{ name: 'pid' }],
  flags: {
    budget: { value: 'BUDGET', help: '90s, 0.5usd, 20000-tokens, 50-processes; several with commas' },
    by: BY_FLAG,
  },
  examples: ['skein topup a1 --budget 0.5usd', 'skein topup a1 --budget 90s,50-processes'],
  run: (typed, terminal) => {
    const text = typed.text('budget')
    if (text === undefined) throw new SkeinError('USAGE', 'skein topup: how much? --budget 0.5usd')
    const budget = parseBudget(text)
    return actOn(typed, terminal, 'topped up', async (engine) => ({
      pid: await topUpProcess(engine, typed.positionals[0] ?? '', budget, actorName(typed)),
    }))
  },
}
