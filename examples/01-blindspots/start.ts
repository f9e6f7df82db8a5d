/** `npm start`: the main job, from a terminal, from CI or from a script. See `npm start -- --help`. */
import { relative } from 'node:path'
import { open, SkeinError } from 'skein'
import { loadConfig } from 'skein/host'
import { writerOf } from './cli/model.ts'
import { readOptions, USAGE } from './cli/options.ts'
import type { Options } from './cli/options.ts'
import { figuresOf, pastOf } from './cli/past.ts'
import type { Past } from './cli/past.ts'
import { sit } from './cli/sitting.ts'
import { resumedLine, summary } from './cli/summary.ts'
import { checkReport, nameRun, targetOf } from './cli/target.ts'
import type { Target } from './cli/target.ts'
import { seconds } from './report/words.ts'
import { blindspots } from './run/blindspots.ts'
import { patchFileOf } from './write/writing.ts'
import { scratchFolder } from './scratch/base.ts'
import { removeScratch } from './scratch/slots.ts'
import { shownArgv } from './survey/test-command.ts'

const EXITS: Readonly<Record<string, number>> = {
  USAGE: 2,
  INPUT_INVALID: 2,
  FILE_UNREADABLE: 2,
  MODEL_UNKNOWN: 2,
  MODEL_AUTH: 2,
  BUDGET_EXCEEDED: 5,
  DATA_FOLDER_OWNED: 75,
}
const EXIT_FAILED = 1
const EXIT_WAITING = 3
const EXIT_PARKED = 4
const EXIT_LEFT = 130

/** Where it was typed; npm itself runs scripts in the folder of the package. */
const home = process.env['INIT_CWD'] ?? process.cwd()
/** A path as it would be typed there. */
const seenFrom = (path: string): string => relative(home, path) || path
const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), home)
  if (options.help) {
    say([USAGE])
    return 0
  }
  const config = await loadConfig(home)
  const target = await targetOf(options, writerOf(options, config, process.env))
  await checkReport(options.report)
  const openedAt = Date.now()
  await using skein = await open({
    data: options.data,
    workflows: [blindspots],
    ...(config.models === undefined ? {} : { models: config.models }),
  })
  const { id, unfinished } = await nameRun(skein, target, options)
  const past = unfinished ? await pastOf(skein, id, openedAt) : undefined
  say(greeting(id, target, options, past))
  const out = { write: (text: string) => void process.stdout.write(text), isTerminal: process.stdout.isTTY, size }
  try {
    const end = await sit(skein, { id, target, options, past }, out, leaving())
    switch (end.type) {
      case 'ended': {
        const figures = await figuresOf(skein, id)
        say(
          summary({
            id,
            result: end.result,
            figures,
            past,
            report: seenFrom(end.result.report),
            dataOption: dataOption(options),
          }),
        )
        return 0
      }
      case 'unasked':
        say([
          'Nobody is here to say yes. Say it beforehand with --yes, or elsewhere, and type the same again:',
          `  npx skein approve ${end.effect}${dataOption(options)}`,
        ])
        return EXIT_WAITING
      case 'parked':
        say([
          '',
          `Somebody must look: ${end.question}`,
          'The tests were being added when this was killed, and a file has changed since.',
          `The patch is ${seenFrom(patchFileOf(options.report))}. Say what became of it, and type the same again:`,
          ...[`--done '{"files":[]}'`, '--again', '--fail'].map(
            (answer) => `  npx skein resolve ${end.effect} ${answer}${dataOption(options)}`,
          ),
        ])
        return EXIT_PARKED
      case 'left':
        say(['', 'Interrupted. Nothing is lost: type the same again, and it goes on where it was.'])
        return EXIT_LEFT
    }
  } catch (error) {
    await removeScratch(scratchFolder(id, options.data))
    throw error
  }
}

/** What other commands need to find the run. */
function dataOption({ data }: Options): string {
  return seenFrom(data) === '.skein' ? '' : ` --data ${seenFrom(data)}`
}

function greeting(
  id: string,
  target: Target,
  { budgetMs, workers }: Options,
  past: Past | undefined,
): readonly string[] {
  const where = target.only.length === 0 ? target.folder : `${target.only.join(' and ')} of ${target.folder}`
  return [
    `Which lines of ${where} could break without any test noticing?`,
    `${id}: ${shownArgv(target.argv)}, ${workers} at a time, for ${seconds(budgetMs)}. Kill it whenever you like and type the same again.`,
    ...(past === undefined ? [] : [resumedLine(past)]),
    '',
  ]
}

function size(): { readonly columns: number; readonly rows: number } {
  return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }
}

/** The first ^C or SIGTERM asks us to leave; the second does not ask. */
function leaving(): AbortSignal {
  const leave = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave.abort())
  return leave.signal
}

// Whoever watched through a pipe may leave; the run does not.
process.stdout.on('error', () => undefined)
try {
  process.exitCode = await main()
} catch (error) {
  const known = SkeinError.isInstance(error)
  process.stderr.write(
    `\nerror ${known ? error.code : 'INTERNAL'}: ${error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exitCode = (known ? EXITS[error.code] : undefined) ?? EXIT_FAILED
}
