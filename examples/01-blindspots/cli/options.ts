/** What was typed after `npm start --`. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SkeinError } from 'skein'
import { BUDGET_DEFAULT, BUDGET_MS_MIN, TOKENS_DEFAULT, WORKERS_MAX, WRITING_DEFAULT } from '../limits.ts'
import { argvOf } from '../survey/test-command.ts'
import type { Argv } from '../survey/test-command.ts'

export const USAGE = `npm start                                     this repository's src/std and src/kernel, with their unit tests
npm start -- <folder> [options]               the code of a folder, with its tests

Which lines of this code could break without any test noticing? Small changes are made in scratch copies and the tests
are run there; a change that no test notices, twice, is reported with its line and the runs that proved it.

  --test "<command>"   how the tests are run; guessed from package.json, pyproject.toml, go.mod, Cargo.toml, Makefile
  --budget <time>      how long to try, such as 90s or 10m; default ${BUDGET_DEFAULT}
  --only <path>        only code in this file or folder; may be given several times
  --network            let the tests reach the network; they cannot, where the machine allows to take it away
  --workers <n>        trials at the same time; default: the processors of this machine
  --report <file>      default blindspots.md
  --model <model>      such as openai/gpt-5.4: writes tests for what went unnoticed, proves them, and asks before it adds
                       them; default: the alias "writer" of skein.config.ts, else nobody
  --writing <time>     how long the model and its proofs may take, beside the budget; default ${WRITING_DEFAULT}
  --tokens <n>         what the model may use; default ${TOKENS_DEFAULT.toLocaleString('en')}
  --usd <amount>       what the model may cost, if its price is in skein.config.ts
  --yes                run the test command, and add proved tests, without asking
  --new                start over where an earlier run was interrupted
  --data <folder>      where the journal is kept; default .skein
  --help

Interrupted, in whatever way? Type the same again: it goes on where it was. Running tests is running code: it happens in
scratch copies with a bare environment, but that is not a sandbox.`

export type Options = {
  /** Absent: this repository. */
  readonly folder: string | undefined
  readonly argv: Argv | undefined
  readonly budgetMs: number
  readonly only: readonly string[]
  readonly workers: number
  readonly network: boolean
  readonly report: string
  readonly model: string | undefined
  readonly writingMs: number
  readonly tokens: number
  readonly usd: number | undefined
  readonly data: string
  readonly yes: boolean
  readonly startOver: boolean
  readonly help: boolean
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** Reads the arguments. `home` is where they were typed. Throws `USAGE`. */
export function readOptions(args: readonly string[], home: string): Options {
  const { values, positionals } = parsed(args)
  if (positionals.length > 1)
    throw usage(
      `one folder at a time, not ${positionals.map((name) => `"${name}"`).join(', ')}; the test command goes in quotes: --test "npm test"`,
    )
  const argv = values.test === undefined ? undefined : argvOf(values.test)
  if (values.test !== undefined && argv === undefined) throw usage('--test needs a command, such as --test "npm test"')
  return {
    folder: positionals[0] === undefined ? undefined : resolve(home, positionals[0]),
    argv,
    budgetMs: milliseconds('--budget', values.budget ?? BUDGET_DEFAULT),
    only: (values.only ?? []).map((path) => path.replace(/^\.\//, '').replace(/\/+$/, '')),
    workers: workers(values.workers),
    network: values.network === true,
    report: resolve(home, values.report ?? 'blindspots.md'),
    model: values.model,
    writingMs: milliseconds('--writing', values.writing ?? WRITING_DEFAULT),
    tokens: Math.floor(positive('--tokens', values.tokens) ?? TOKENS_DEFAULT),
    usd: positive('--usd', values.usd),
    data: resolve(values.data === undefined ? process.cwd() : home, values.data ?? '.skein'),
    yes: values.yes === true,
    startOver: values.new === true,
    help: values.help === true,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        test: { type: 'string' },
        budget: { type: 'string' },
        only: { type: 'string', multiple: true },
        workers: { type: 'string' },
        network: { type: 'boolean' },
        report: { type: 'string' },
        model: { type: 'string' },
        writing: { type: 'string' },
        tokens: { type: 'string' },
        usd: { type: 'string' },
        data: { type: 'string' },
        yes: { type: 'boolean', short: 'y' },
        new: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw usage(error instanceof Error ? (error.message.split('. ')[0] as string) : String(error))
  }
}

function milliseconds(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim())
  const ms = match === null ? Number.NaN : Number(match[1]) * UNITS_MS[(match[2] ?? 's') as keyof typeof UNITS_MS]
  if (!(ms >= BUDGET_MS_MIN))
    throw usage(`${option} ${text} is not a time of at least ${BUDGET_MS_MIN / 1000} seconds; write 90s, 10m or 1h`)
  return Math.round(ms)
}

function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text.replaceAll(/[,_]/g, ''))
  if (!Number.isFinite(number) || number <= 0) throw usage(`${option} ${text} is not a number above 0`)
  return number
}

function workers(text: string | undefined): number {
  if (text === undefined) return Math.min(availableParallelism(), WORKERS_MAX)
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > WORKERS_MAX)
    throw usage(`--workers ${text} is not a number from 1 to ${WORKERS_MAX}`)
  return count
}

function usage(message: string): SkeinError {
  return new SkeinError('USAGE', `${message}. See: npm start -- --help`)
}
