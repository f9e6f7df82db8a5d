import { pausedThemselves } from '../../operate/bulk.ts'
import { resumeTarget, shownTarget } from '../../operate/switch.ts'
import { BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName, withActor } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein resume`. */
export const resume: VerbBody = {
  about: FILTER_HELP,
  positionals: [{ name: 'agent:NAME | workflow:NAME | tool:NAME | tenant:NAME | pid', optional: true }],
  flags: { by: BY_FLAG, ...MANY_FLAGS },
  examples: ['skein resume agent:helper', 'skein resume a1', 'skein resume --where workflow=import --yes'],
  run: async (typed, terminal) => {
    const by = actorName(typed)
    if (areMany(typed, 'resume'))
      return actOnMany(typed, terminal, {
        verb: 'resume',
        done: 'resumed',
        pick: pausedThemselves,
        isTree: false,
        act: (engine, { pid }) => resumeTarget(engine, pid, by),
      })
    return withActor(typed, terminal, async (engine, { hosted }) => {
      const { target } = await resumeTarget(engine, typed.positionals[0] ?? '', by)
      if (typed.has('json')) terminal.out(jsonLine({ target, done: 'resumed', hosted }))
      else {
        terminal.out(`resumed ${shownTarget(target)}\n`)
        if (!hosted) terminal.out('nobody runs this data folder now; it goes on when somebody does\n')
      }
      return 0
    })
  },
}
