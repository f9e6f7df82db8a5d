import { unfinished } from '../../operate/bulk.ts'
import { pauseTarget, shownTarget } from '../../operate/switch.ts'
import { BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName, shownCommand, withActor } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein pause`. */
export const pause: VerbBody = {
  about:
    'It holds for all below it, also after a restart. What runs goes on to its end; with --now local acts and reads are\n' +
    'broken off and charged (they are had again later), and begun writes settle. To end them: skein cancel --where …\n\n' +
    FILTER_HELP,
  positionals: [{ name: 'agent:NAME | workflow:NAME | tool:NAME | tenant:NAME | pid', optional: true }],
  flags: {
    now: { help: 'break off local acts and reads that run' },
    reason: { value: 'TEXT', help: 'why, shown wherever something waits for it' },
    by: BY_FLAG,
    ...MANY_FLAGS,
  },
  examples: [
    `skein pause agent:helper --reason 'prompt injection'`,
    'skein pause tool:pay --now',
    'skein pause tenant:acme',
    'skein pause a1',
    'skein pause --where workflow=import,newer=1h --yes',
  ],
  run: async (typed, terminal) => {
    const options = { by: actorName(typed), reason: typed.text('reason'), now: typed.has('now') }
    if (areMany(typed, 'pause'))
      return actOnMany(typed, terminal, {
        verb: 'pause',
        done: 'paused',
        pick: unfinished,
        isTree: true,
        act: (engine, { pid }) => pauseTarget(engine, pid, options),
      })
    return withActor(typed, terminal, async (engine) => {
      const { target, isNew, note } = await pauseTarget(engine, typed.positionals[0] ?? '', options)
      if (typed.has('json'))
        terminal.out(jsonLine({ target, done: 'paused', isNew, ...(note === undefined ? {} : { note }) }))
      else {
        const was = isNew ? '' : ' (it was already)'
        terminal.out(
          `paused ${shownTarget(target)}${was}; on again with: ${shownCommand(typed)('resume', shownTarget(target))}\n`,
        )
        if (note !== undefined) terminal.out(`note: ${note}\n`)
      }
      return 0
    })
  },
}
