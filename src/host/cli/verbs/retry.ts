import { retriable } from '../../operate/bulk.ts'
import { retryProcess } from '../../operate/retry.ts'
import { parseBudget } from '../../words/budget.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName } from '../folder.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** `skein retry`. */
export const retry: VerbBody = {
  about:
    'The failed effect gets another attempt under its own id, what was settled before is kept; a failed child deep in the\n' +
    `run goes on with those above it.\n\n${FILTER_HELP}`,
  positionals: [{ name: 'pid', optional: true }],
  flags: {
    from: { value: 'EFFECT', help: 'have these effects again instead; several with commas' },
    'drop-after': { help: 'also where it went on after the failure: leave that behind (a write stays done)' },
    budget: { value: 'BUDGET', help: 'more for it: 90s, 0.5usd, 20000-tokens' },
    by: BY_FLAG,
    ...MANY_FLAGS,
  },
  examples: [
    'skein retry a1',
    'skein retry a1 --from fetch#2',
    'skein retry a1 --budget 0.5usd',
    'skein retry --where agent=helper,status=failed,error=MODEL_UNAVAILABLE',
    'skein retry --where status=failed,newer=1h --yes',
  ],
  run: async (typed, terminal) => {
    const options = optionsOf(typed)
    const by = actorName(typed)
    if (areMany(typed, 'retry'))
      return actOnMany(typed, terminal, {
        verb: 'retry',
        done: 'retried',
        pick: retriable,
        isTree: true,
        act: (engine, { pid }, { hosted }) => retryProcess(engine, pid, { ...options, by, hosted }),
      })
    return actOn(typed, terminal, 'retried', async (engine, { hosted }) => {
      const { pid, from, does, after } = await retryProcess(engine, typed.positionals[0] ?? '', {
        ...options,
        by,
        hosted,
      })
      const dropped = after.length === 0 ? '' : `; left behind: ${after.map(({ name }) => name).join(', ')}`
      return {
        pid,
        note: does === 'look again' ? 'it is looked at again' : `from ${from.join(' ▸ ') || 'its end'}${dropped}`,
      }
    })
  },
}

function optionsOf(typed: Typed) {
  const from = typed.text('from')
  const budget = typed.text('budget')
  return {
    dropAfter: typed.has('drop-after'),
    ...(from === undefined ? {} : { from: from.split(',').map((name) => name.trim()) }),
    ...(budget === undefined ? {} : { budget: parseBudget(budget) }),
  }
}
