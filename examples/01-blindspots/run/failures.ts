/** What can be wrong before the first trial, said with its mend. */
import { SkeinError } from 'skein'
import { seconds } from '../report/words.ts'
import { shownSkipped } from '../survey/survey.ts'
import type { Skipped } from '../survey/survey.ts'
import { shownArgv } from '../survey/test-command.ts'
import type { Verdict } from './types.ts'

type Baseline = {
  readonly runs: number
  readonly green: number
  readonly failure?: { readonly verdict: Verdict; readonly ended: string; readonly tail: string }
}

/** There is no code, or nothing in it that could be changed. */
export function nothingToTry(folder: string, only: readonly string[], files: number, skipped: Skipped): SkeinError {
  const where = only.length === 0 ? folder : `${only.join(', ')} of ${folder}`
  const passed = shownSkipped(skipped)
  return new SkeinError(
    'INPUT_INVALID',
    `no code to change in ${where}: ${files} files, none of them source code outside tests, docs and settings` +
      `${passed === '' ? '' : ` (passed over: ${passed})`}; name the folder that holds the code, or narrow with --only <path>`,
  )
}

const CODES = {
  red: 'EXEC_FAILED',
  time: 'EXEC_TIMEOUT',
  output: 'EXEC_OUTPUT_LIMIT',
  memory: 'EXEC_MEMORY_LIMIT',
} as const
const MENDS = {
  red:
    'Make them pass first. A scratch copy holds what git knows of the folder, and links to node_modules and .venv; what ' +
    'git ignores (dist, .env, generated code) is not in it',
  time: 'Give a larger --budget, or a --test command that runs fewer tests',
  output: 'Give a --test command that says less',
  memory: 'Give a --test command that needs less',
} as const

/** The tests are not green on untouched code, so nothing could be learned from red ones. */
export function baselineFailure(
  argv: readonly string[],
  network: boolean,
  { runs, green, failure }: Baseline,
): SkeinError | undefined {
  if (failure === undefined || failure.verdict === 'green') return undefined
  const { verdict, ended, tail } = failure
  const wavers = green > 0
  const what = wavers ? `were green in ${green} of ${runs} runs only` : 'are not green'
  const mend = wavers ? 'They waver, or disturb each other when they run side by side: try --workers 1' : MENDS[verdict]
  const offline = network || verdict !== 'red' ? '' : '. They had no network; --network gives it to them'
  const shown = `$ ${shownArgv(argv)}\n${tail}`.trimEnd().replace(/^/gm, '    ')
  return new SkeinError(
    CODES[verdict],
    `on the untouched code the tests ${what} (${ended}). ${mend}${offline}.\n${shown}`,
  )
}

/** The command is not there. Whatever else happened is passed on as it is. */
export function notStarted(argv: readonly string[], error: unknown): unknown {
  if (!SkeinError.isInstance(error) || error.code !== 'EXEC_FAILED') return error
  const message = `${argv[0]} cannot be started in a scratch copy; install it, or give another --test command`
  return new SkeinError('EXEC_FAILED', message, { cause: error })
}

/** The tests stay green whatever is done to the code. */
export function notWatching(argv: readonly string[]): SkeinError {
  return new SkeinError(
    'INPUT_INVALID',
    `the tests stay green even when every source file of the scratch copy is broken: "${shownArgv(argv)}". They test ` +
      'another copy (an editable install, a link into the original folder, a built dist), or no test is run at all; give ' +
      'a --test command that runs the code of the folder it is started in',
  )
}

/** The untouched runs have used up so much of the budget that not even one trial is covered. */
export function tooShort(testsMs: number, worstMs: number): SkeinError {
  return new SkeinError(
    'BUDGET_EXCEEDED',
    `the budget is too short: the tests take ${seconds(testsMs)}, and one trial must be covered with up to ${seconds(worstMs)}, ` +
      'beside the runs on untouched code; give a larger --budget, or a --test command that runs fewer tests',
  )
}
