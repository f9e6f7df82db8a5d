import { decideApproval } from '../../operate/acts.ts'
import { needing } from '../../operate/bulk.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName } from '../folder.ts'
import type { VerbBody } from '../verb.ts'

/** `skein deny`. */
export const deny: VerbBody = {
  about: `The process hears APPROVAL_DENIED with the reason, and may go on without the effect.\n\n${FILTER_HELP}`,
  positionals: [{ name: 'pid/effect', optional: true }],
  flags: { by: BY_FLAG, reason: { value: 'TEXT', help: 'why, told to the process' }, ...MANY_FLAGS },
  examples: [`skein deny a1/publish --reason 'not on a Friday'`, 'skein deny --where waits=approval,older=2d'],
  run: async (typed, terminal) => {
    const about = { by: actorName(typed), reason: typed.text('reason') }
    if (areMany(typed, 'deny'))
      return actOnMany(typed, terminal, {
        verb: 'deny',
        done: 'denied',
        pick: needing('approval'),
        isTree: false,
        act: (engine, { pid, effect }) => decideApproval(engine, `${pid}/${effect}`, 'denied', about),
      })
    return actOn(typed, terminal, 'denied', (engine) =>
      decideApproval(engine, typed.positionals[0] ?? '', 'denied', about),
    )
  },
}
