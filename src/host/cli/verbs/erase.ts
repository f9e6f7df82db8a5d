import { eraseRun } from '../../operate/erase.ts'
import { countWords } from '../../words/amounts.ts'
import { BY_FLAG } from '../act.ts'
import { actorName, withActor } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein erase`. */
export const erase: VerbBody = {
  about:
    'With <pid>/<effect>: only the arguments and the outcome of that effect. Inputs, outputs, messages, errors and blobs go for good; ' +
    'names, keys, times and prices stay, and a note says who erased. The folder is written anew, which takes a moment.',
  positionals: [{ name: 'pid[/effect]' }],
  flags: {
    cancel: { help: 'cancel a run that has not ended, and erase it when it has' },
    by: BY_FLAG,
  },
  examples: ['skein erase a1', 'skein erase a1/publish', 'skein erase a1 --cancel --by ann'],
  run: async (typed, terminal) => {
    return withActor(typed, terminal, async (_, { engine, hosted, streams }) => {
      const erased = await eraseRun(engine, typed.positionals[0] ?? '', {
        by: actorName(typed),
        cancel: typed.has('cancel'),
        hosted,
        streams,
      })
      if (typed.has('json')) terminal.out(jsonLine(erased))
      else {
        terminal.out(
          `erased ${erased.pid}: ${countWords(erased.payloads, 'payload')} of ${countWords(erased.processes, 'process')}\n`,
        )
        if (erased.forks.length > 0)
          terminal.out(
            `NOT erased: its forks have a copy of what they share with it; erase them, too: ${erased.forks.join(', ')}\n`,
          )
      }
      return 0
    })
  },
}
