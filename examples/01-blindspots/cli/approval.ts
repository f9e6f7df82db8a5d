/** The question before the first command: shows exactly what will be run, and hears the answer. */
import { createInterface } from 'node:readline/promises'
import type { Skein } from 'skein'
import { valueOf } from 'skein/kernel'
import { APPROVAL_EXPIRES, APPROVAL_POLL_MS } from '../limits.ts'
import { many, seconds } from '../report/words.ts'
import type { BaselineInput } from '../run/tools.ts'
import { shownArgv } from '../survey/test-command.ts'
import { table } from './summary.ts'
import type { Target } from './target.ts'

/** What is asked, line by line; it is what the effect itself will be given. */
export function question(
  asked: BaselineInput,
  about: { readonly guessedFrom: string | undefined; readonly budgetMs: number },
): readonly string[] {
  const { command, folder, runsAtMost, sideBySide, network } = asked
  const guessed = about.guessedFrom === undefined ? '' : `   (guessed from ${about.guessedFrom})`
  const often = `at most ${many(runsAtMost, 'time')}, ${sideBySide} at a time, for ${seconds(about.budgetMs)} at most`
  return [
    '',
    'May this command be run on this machine, as you?',
    ...table([
      ['  command', `${shownArgv(command)}${guessed}`],
      ['  argv', JSON.stringify(command)],
      ['  where', `in scratch copies of ${folder}, never in the folder itself`],
      ['  how often', often],
      ['  network', network ? 'yes' : 'none, where this machine can take it away'],
      ['  mind', 'running tests is running code: a scratch copy and a bare environment are not a sandbox'],
    ]),
    '',
  ]
}

export type Answer = 'approved' | 'denied' | 'unasked' | 'not needed'

export type Answering = {
  readonly id: string
  readonly target: Target
  readonly budgetMs: number
  /** Who has said yes beforehand, to the command of the target and no other. */
  readonly grantedBy: string | undefined
  readonly isTerminal: boolean
  readonly say: (lines: readonly string[]) => void
  readonly over: AbortSignal
}

/**
 * Waits until the run asks, and answers: by who has said yes before, else by whoever sits at the terminal.
 * `unasked`: nobody sits there.
 */
export async function answerApproval(skein: Skein, about: Answering): Promise<Answer> {
  const { target, budgetMs, grantedBy } = about
  const waiting = await waitingEffect(skein, about.id, about.over)
  if (waiting === undefined) return 'not needed'
  const { effect, asked } = waiting
  if (grantedBy !== undefined && isAbout(asked, target)) {
    await skein.approve(effect, { by: grantedBy })
    return 'approved'
  }
  about.say(question(asked, { guessedFrom: target.guessedFrom, budgetMs }))
  if (!about.isTerminal) return 'unasked'
  const yes = await heard(about.over)
  if (yes) await skein.approve(effect, { by: 'you, at the terminal' })
  else await skein.deny(effect, { by: 'you, at the terminal' })
  return yes ? 'approved' : 'denied'
}

function isAbout(asked: BaselineInput, { argv, folder }: Target): boolean {
  return asked.folder === folder && JSON.stringify(asked.command) === JSON.stringify(argv)
}

type Waiting = { readonly effect: string; readonly asked: BaselineInput }

/** The effect that waits for approval; undefined when the run goes on or ends without one. */
async function waitingEffect(skein: Skein, id: string, over: AbortSignal): Promise<Waiting | undefined> {
  while (!over.aborted) {
    const view = await skein.inspect(id)
    for (const { on } of view?.waits ?? []) {
      if (on.kind !== 'approval' || on.show === undefined) continue
      return { effect: `${id}/${on.title}`, asked: valueOf(on.show) as BaselineInput }
    }
    await new Promise((resolve) => setTimeout(resolve, APPROVAL_POLL_MS))
  }
  return undefined
}

async function heard(over: AbortSignal): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const text = `Run it? [y/N] (this question expires in ${APPROVAL_EXPIRES}) `
    const answer = await reader.question(text, { signal: over })
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    reader.close()
  }
}
