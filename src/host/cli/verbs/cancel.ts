import { cancelProcess } from '../../operate/acts.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actorName } from '../folder.ts'
import type { Verb } from '../verb.ts'

/** `skein cancel`. */
export const cancel: Verb = {
  name: 'cancel',
  summary: 'cancel a process and all below it; nothing new is begun, begun writes are waited for',
  positionals: [{ name: 'pid' }],
  flags: { by: BY_FLAG, reason: { value: 'TEXT', help: 'why, as it will stand in the journal' } },
  examples: ['skein cancel a1', `skein cancel a1 --reason 'wrong topic'`],
  run: (typed, terminal) =>
    actOn(typed, terminal, 'cancelled', async (engine) => {
      const { pid, was } = await cancelProcess(engine, typed.positionals[0] ?? '', {
        by: actorName(typed),
        reason: typed.text('reason'),
      })
      return { pid, note: was === 'ended' ? 'it had ended already' : undefined }
    }),
}
