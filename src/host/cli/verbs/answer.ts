import { answerQuestion } from '../../operate/acts.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actorName } from '../folder.ts'
import { readInput } from '../input.ts'
import type { VerbBody } from '../verb.ts'

/** `skein answer`. */
export const answer: VerbBody = {
  positionals: [{ name: 'pid/question' }, { name: 'json or @file' }],
  flags: { by: BY_FLAG },
  examples: [`skein answer a1/which-city '"Paris"'`, 'skein answer a1/terms @terms.json'],
  run: async (typed, terminal) => {
    const value = await readInput(typed.positionals[1] ?? '', terminal.cwd, 'the answer')
    return actOn(typed, terminal, 'answered', (engine) =>
      answerQuestion(engine, typed.positionals[0] ?? '', value, actorName(typed)),
    )
  },
}
