/**
 * The questions: before the first command, and before the working tree is changed. They show exactly what will be done.
 */
import { createInterface } from 'node:readline/promises'
import type { Skein } from 'skein'
import { valueOf } from 'skein/kernel'
import { ADD_TESTS_EXPIRES, APPROVAL_EXPIRES, APPROVAL_POLL_MS, APPROVAL_POLLS_MIN } from '../limits.ts'
import { many, seconds } from '../report/words.ts'
import type { BaselineInput } from '../run/tools.ts'
import { shownArgv } from '../survey/test-command.ts'
import { addTests } from '../write/tools.ts'
import type { AddTestsInput } from '../write/tools.ts'
import { ABSENT } from '../write/types.ts'
import { patchFileOf } from '../write/writing.ts'
import { table } from './summary.ts'
import type { Target } from './target.ts'

const PATCH_SHOWN = 12

/** What is asked, line by line; it is what the effect itself will be given. */
export function question(
  asked: BaselineInput,
  about: { readonly guessedFrom: string | undefined; readonly budgetMs: number },
): readonly string[] {
  const { command, folder, runsAtMost, sideBySide, network, writer } = asked
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
      ...(writer === undefined ? [] : [['  writer', writerLine(writer)] as const]),
      ['  mind', 'running tests is running code: a scratch copy and a bare environment are not a sandbox'],
    ]),
    '',
  ]
}

function writerLine(writer: string): string {
  return `${writer} is shown code that nothing notices, and its tests; the tests it writes are run there too`
}

/** What is asked at the end: which lines would be added to which files. */
export function patchQuestion({ folder, files, patch }: AddTestsInput, patchFile: string): readonly string[] {
  const shown = files.map(({ path, base, text }): [string, string] => [
    `  ${base === ABSENT ? 'new' : 'extend'}`,
    `${path}, ${many(text.split('\n').length - 1, 'line')} then`,
  ])
  return [
    '',
    `May these tests be added to your working tree, ${folder}?`,
    ...table([
      ...shown,
      ['  read them', patchFile],
      [
        '  proved',
        'each passes on your code and fails on a change that nothing noticed before; all of them together pass',
      ],
      [
        '  bound to',
        `patch ${patch.slice(0, PATCH_SHOWN)}; refused if one of these files, or the code they test, has changed`,
      ],
    ]),
    '',
  ]
}

export type Answering = {
  readonly id: string
  readonly target: Target
  readonly budgetMs: number
  readonly report: string
  /** Yes was said beforehand, to the command of the target and to proved tests. */
  readonly yes: boolean
  readonly isTerminal: boolean
  readonly say: (lines: readonly string[]) => void
  readonly said: () => void
  readonly over: AbortSignal
  /** A yes may have been given while nobody ran this; it is heard first. */
  readonly isResumed: boolean
}

/** What nobody was there to answer: an approval, or the question of an operator what became of an effect. */
export type Unanswered = { readonly type: 'unasked' | 'parked'; readonly effect: string; readonly question: string }

/**
 * Answers whatever the run asks until it is over: by who has said yes before, else by whoever sits at the terminal.
 * Gives the question that it cannot answer.
 */
export async function answerApprovals(skein: Skein, about: Answering): Promise<Unanswered | undefined> {
  const answered = new Set<string>()
  for (;;) {
    const waiting = await waitingEffect(skein, about, answered)
    if (waiting === undefined || 'type' in waiting) return waiting
    const { effect, question: lines, grantedBy, ask } = waiting
    answered.add(effect)
    if (grantedBy !== undefined) {
      await skein.approve(effect, { by: grantedBy })
      continue
    }
    about.say(lines)
    try {
      if (!about.isTerminal) return { type: 'unasked', effect, question: ask }
      const yes = await heard(ask, about.over)
      if (about.over.aborted) return undefined
      if (yes) await skein.approve(effect, { by: 'you, at the terminal' })
      else await skein.deny(effect, { by: 'you, at the terminal' })
    } finally {
      about.said()
    }
  }
}

type Waiting = {
  readonly effect: string
  readonly question: readonly string[]
  readonly grantedBy: string | undefined
  readonly ask: string
}

/**
 * What waits for somebody; undefined when the run goes on or ends without. In a run that goes on, what is asked must be
 * asked for a while.
 */
async function waitingEffect(
  skein: Skein,
  about: Answering,
  answered: ReadonlySet<string>,
): Promise<Waiting | Unanswered | undefined> {
  let [seen, polls] = ['', 0]
  while (!about.over.aborted) {
    const view = await skein.inspect(about.id)
    const found = view?.status === 'ready' ? undefined : openQuestion(view?.waits ?? [], about, answered)
    polls = found?.effect === seen ? polls + 1 : 1
    seen = found?.effect ?? ''
    if (found !== undefined && polls >= (about.isResumed ? APPROVAL_POLLS_MIN : 1)) return found
    await new Promise((resolve) => setTimeout(resolve, APPROVAL_POLL_MS))
  }
  return undefined
}

type Waits = NonNullable<Awaited<ReturnType<Skein['inspect']>>>['waits']

/** Only the working tree can be in doubt: everything else is repeated, or told by a hash. */
function openQuestion(waits: Waits, about: Answering, answered: ReadonlySet<string>): Waiting | Unanswered | undefined {
  for (const { on } of waits) {
    if (on.kind === 'operator') return { type: 'parked', effect: `${about.id}/${addTests.name}`, question: on.question }
    if (on.kind !== 'approval' || on.show === undefined) continue
    const effect = `${about.id}/${on.title}`
    if (!answered.has(effect)) return asked(effect, on.title, valueOf(on.show), about)
  }
  return undefined
}

function asked(effect: string, title: string, show: unknown, { target, budgetMs, yes, report }: Answering): Waiting {
  if (title === addTests.name) {
    const grantedBy = yes ? '--yes' : undefined
    const ask = `Add them? [y/N] (this question expires in ${ADD_TESTS_EXPIRES}) `
    return { effect, question: patchQuestion(show as AddTestsInput, patchFileOf(report)), grantedBy, ask }
  }
  const input = show as BaselineInput
  const own = target.own ? 'npm start, which grants its own command and no other' : undefined
  const grantedBy = isAbout(input, target) ? (own ?? (yes ? '--yes' : undefined)) : undefined
  const ask = `Run it? [y/N] (this question expires in ${APPROVAL_EXPIRES}) `
  return { effect, question: question(input, { guessedFrom: target.guessedFrom, budgetMs }), grantedBy, ask }
}

function isAbout({ folder, command, writer }: BaselineInput, target: Target): boolean {
  return folder === target.folder && JSON.stringify(command) === JSON.stringify(target.argv) && writer === target.model
}

async function heard(text: string, over: AbortSignal): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await reader.question(text, { signal: over })
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    reader.close()
  }
}
