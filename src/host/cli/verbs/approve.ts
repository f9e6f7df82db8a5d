import { decideApproval } from '../../operate/acts.ts'
import { needing } from '../../operate/bulk.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName } from '../folder.ts'
import type { VerbBody } from '../verb.ts'

/** `skein approve`. */
export const approve: VerbBody = {
  about: `What is approved is the effect itself: its name stands for exactly the arguments that skein inbox shows.\n\n${FILTER_HELP}`,
  positionals: [{ name: 'pid/effect', optional: true }],
  flags: { by: BY_FLAG, ...MANY_FLAGS },
  examples: [
    'skein approve a1/publish',
    'skein approve a1/publish#2 --by ann',
    'skein approve --where effect=publish,agent=writer',
  ],
  run: async (typed, terminal) => {
    const by = actorName(typed)
    if (areMany(typed, 'approve'))
      return actOnMany(typed, terminal, {
        verb: 'approve',
        done: 'approved',
        pick: needing('approval'),
        isTree: false,
        act: (engine, { pid, effect }) => decideApproval(engine, `${pid}/${effect}`, 'approved', { by }),
      })
    return actOn(typed, terminal, 'approved', (engine) =>
      decideApproval(engine, typed.positionals[0] ?? '', 'approved', { by }),
    )
  },
}
