import { openTime } from '../time.ts'
import { findProcess } from '../../operate/find.ts'
import { Story } from '../../views/story.ts'
import { factWords } from '../../words/fact.ts'
import { withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { Verb } from '../verb.ts'

const VERB_WIDTH = 9
const SUBJECT_WIDTH = 24

/** `skein log`. */
export const log: Verb = {
  name: 'log',
  summary: 'show the journal of a process, fact by fact',
  positionals: [{ name: 'pid' }],
  flags: {},
  examples: ['skein log a1', 'skein log a1 --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const pid = await findProcess(reader, typed.positionals[0] ?? '')
      const story = new Story()
      for await (const frame of reader.history(pid)) {
        story.apply(frame.facts)
        for (const fact of frame.facts) {
          if (typed.has('json')) terminal.out(jsonLine({ pid, frame: frame.n, epoch: frame.epoch, ...fact }))
          else {
            const { verb, subject, detail } = factWords(fact, story)
            terminal.out(
              `${`${openTime(fact.at)}  ${verb.padEnd(VERB_WIDTH)} ${subject.padEnd(SUBJECT_WIDTH)}  ${detail}`.trimEnd()}\n`,
            )
          }
        }
      }
      return 0
    }),
}
