import { cancelProcess } from '../../operate/acts.ts'
import { unfinished } from '../../operate/bulk.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName } from '../folder.ts'
import type { VerbBody } from '../verb.ts'

/** `skein cancel`. */
export const cancel: VerbBody = {
  about: FILTER_HELP,
  positionals: [{ name: 'pid', optional: true }],
  flags: { by: BY_FLAG, reason: { value: 'TEXT', help: 'why, as it will stand in the journal' }, ...MANY_FLAGS },
  examples: [
    'skein cancel a1',
    `skein cancel a1 --reason 'wrong topic'`,
    'skein cancel --where agent=helper,older=1d',
    'skein cancel --where tenant=acme --yes',
  ],
  run: async (typed, terminal) => {
    const about = { by: actorName(typed), reason: typed.text('reason') }
    if (areMany(typed, 'cancel'))
      return actOnMany(typed, terminal, {
        verb: 'cancel',
        done: 'cancelled',
        pick: unfinished,
        isTree: true,
        act: (engine, { pid }) => cancelProcess(engine, pid, about),
      })
    return actOn(typed, terminal, 'cancelled', async (engine) => {
      const { pid, was } = await cancelProcess(engine, typed.positionals[0] ?? '', about)
      return { pid, note: was === 'ended' ? 'it had ended already' : undefined }
    })
  },
}
