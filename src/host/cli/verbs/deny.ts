import { decideApproval } from '../../operate/acts.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actorName } from '../folder.ts'
import type { Verb } from '../verb.ts'

/** `skein deny`. */
export const deny: Verb = {
  name: 'deny',
  summary: 'refuse an effect that waits for approval',
  about: 'The process hears APPROVAL_DENIED with the reason, and may go on without the effect.',
  positionals: [{ name: 'pid/effect' }],
  flags: { by: BY_FLAG, reason: { value: 'TEXT', help: 'why, told to the process' } },
  examples: [`skein deny a1/publish --reason 'not on a Friday'`],
  run: (typed, terminal) => {
    const about = { by: actorName(typed), reason: typed.text('reason') }
    return actOn(typed, terminal, 'denied', (engine) =>
      decideApproval(engine, typed.positionals[0] ?? '', 'denied', about),
    )
  },
}
