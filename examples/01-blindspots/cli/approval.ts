/** The question before the first command: shows exactly what will be run, and hears the answer. */
import { createInterface } from 'node:readline/promises'
import type { Skein } from 'skein'
import { many, seconds } from '../report/words.ts'
import { shownArgv } from '../survey/test-command.ts'
import { APPROVAL_EXPIRES, APPROVAL_POLL_MS } from '../limits.ts'
import { table } from './summary.ts'

export type Asked = {
  readonly id: string
  readonly argv: readonly string[]
  readonly guessedFrom: string | undefined
  readonly folder: string
  readonly budgetMs: number
  readonly workers: number
}

/** What is asked, line by line. */
export function question(asked: Asked, changes: number | undefined): readonly string[] {
  const guessed = asked.guessedFrom === undefined ? '' : `   (guessed from ${asked.guessedFrom})`
  const often = changes === undefined ? 'many times' : `at most ${many(2 * changes, 'time')}`
  return [
    '',
    'May this command be run on this machine, as you?',
    ...table([
      ['  command', `${shownArgv(asked.argv)}${guessed}`],
      ['  argv', JSON.stringify(asked.argv)],
      ['  where', `in scratch copies of ${asked.folder}, never in the folder itself`],
      ['  how often', `${often}, ${asked.workers} at a time, for ${seconds(asked.budgetMs)} at most`],
      ['  mind', 'running tests is running code: a scratch copy and a bare environment are not a sandbox'],
    ]),
    '',
  ]
}

export type Answer = 'approved' | 'denied' | 'unasked' | 'not needed'

/**
 * Waits until the run asks, and answers: by `grantedBy` where somebody has said yes before, else by whoever sits at the
 * terminal. `unasked`: nobody sits there.
 */
export async function answerApproval(
  skein: Skein,
  asked: Asked,
  about: {
    readonly grantedBy: string | undefined
    readonly changes: () => number | undefined
    readonly isTerminal: boolean
    readonly say: (lines: readonly string[]) => void
    readonly over: AbortSignal
  },
): Promise<Answer> {
  const effect = await waitingEffect(skein, asked.id, about.over)
  if (effect === undefined) return 'not needed'
  if (about.grantedBy !== undefined) {
    await skein.approve(effect, { by: about.grantedBy })
    return 'approved'
  }
  about.say(question(asked, about.changes()))
  if (!about.isTerminal) return 'unasked'
  const yes = await heard(about.over)
  if (yes) await skein.approve(effect, { by: 'you, at the terminal' })
  else await skein.deny(effect, { by: 'you, at the terminal' })
  return yes ? 'approved' : 'denied'
}

/** The effect that waits for approval; undefined when the run goes on or ends without one. */
async function waitingEffect(skein: Skein, id: string, over: AbortSignal): Promise<string | undefined> {
  while (!over.aborted) {
    const view = await skein.inspect(id)
    const wait = view?.waits.find(({ on }) => on.kind === 'approval')
    if (wait?.on.kind === 'approval') return `${id}/${wait.on.title}`
    await new Promise((resolve) => setTimeout(resolve, APPROVAL_POLL_MS))
  }
  return undefined
}

async function heard(over: AbortSignal): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await reader.question(`Run it? [y/N] (this question expires in ${APPROVAL_EXPIRES}) `, {
      signal: over,
    })
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    reader.close()
  }
}
