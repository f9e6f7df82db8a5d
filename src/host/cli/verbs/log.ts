import type { Fact } from '../../../kernel/index.ts'
import { openTime } from '../time.ts'
import { findProcess } from '../../operate/find.ts'
import { Story } from '../../views/story.ts'
import { factWords } from '../../words/fact.ts'
import { withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { Verb } from '../verb.ts'

const SEQ_WIDTH = 4
const VERB_WIDTH = 9
const SUBJECT_WIDTH = 24

/** `skein log`. */
export const log: Verb = {
  name: 'log',
  summary: 'show the journal of a process, fact by fact',
  about: 'The number of a fact names a point of the run: skein fork <pid>@<number>.',
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
          else terminal.out(factLine(fact, story))
        }
      }
      return 0
    }),
}

function factLine(fact: Fact, story: Story): string {
  const { verb, subject, detail } = factWords(fact, story)
  const columns = [
    String(fact.seq).padStart(SEQ_WIDTH),
    openTime(fact.at),
    `${verb.padEnd(VERB_WIDTH)} ${subject.padEnd(SUBJECT_WIDTH)}`,
    detail,
  ]
  return `${columns.join('  ').trimEnd()}\n`
}
