import { decideApproval } from '../../operate/acts.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actorName } from '../folder.ts'
import type { Verb } from '../verb.ts'

/** `skein approve`. */
export const approve: Verb = {
  name: 'approve',
  summary: 'allow an effect that waits for approval',
  about: 'What is approved is the effect itself: its name stands for exactly the arguments that skein inbox shows.',
  positionals: [{ name: 'pid/effect' }],
  flags: { by: BY_FLAG },
  examples: ['skein approve a1/publish', 'skein approve a1/publish#2 --by ann'],
  run: (typed, terminal) => {
    const by = actorName(typed)
    return actOn(typed, terminal, 'approved', (engine) =>
      decideApproval(engine, typed.positionals[0] ?? '', 'approved', { by }),
    )
  },
}
