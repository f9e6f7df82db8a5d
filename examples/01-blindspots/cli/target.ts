/** What a run is about, and its name: typing the same again finds the same run. */
import { access, constants, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SkeinError } from 'skein'
import type { Skein } from 'skein'
import { hashOf } from '../code/propose.ts'
import { RUNS_MAX } from '../limits.ts'
import { scratchFolder } from '../scratch/base.ts'
import { removeScratch } from '../scratch/slots.ts'
import { guessTestCommand } from '../survey/test-command.ts'
import type { Argv } from '../survey/test-command.ts'
import type { Options } from './options.ts'

/** This repository. */
const OWN = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const ID_LENGTH = 6
const OWN_ONLY = ['src/std', 'src/kernel']
const OWN_TESTS: Argv = ['vitest', 'run', '--project', 'unit', '--bail', '1', ...OWN_ONLY]

export type Target = {
  readonly folder: string
  readonly argv: Argv
  readonly only: readonly string[]
  /** What told us the test command; undefined when it was typed. */
  readonly guessedFrom: string | undefined
  /** Who writes tests; nobody when absent. */
  readonly model: string | undefined
  /** `npm start` with nothing after it: its own command on its own repository, which it may run without asking. */
  readonly own: boolean
}

/** What is to be looked at. Throws `FILE_UNREADABLE`, `USAGE`. */
export async function targetOf(options: Options, model: string | undefined): Promise<Target> {
  const only = options.only
  if (options.folder === undefined && options.argv === undefined && only.length === 0) {
    return { folder: OWN, argv: OWN_TESTS, only: OWN_ONLY, guessedFrom: undefined, model, own: true }
  }
  const folder = await readableFolder(options.folder ?? OWN)
  const guess = options.argv === undefined ? await guessTestCommand(folder) : undefined
  const argv = options.argv ?? guess?.argv
  if (argv === undefined) {
    throw new SkeinError(
      'USAGE',
      `nothing in ${folder} says how its tests are run; say it: npm start -- ${folder} --test "<command>"`,
    )
  }
  return { folder, argv, only, guessedFrom: guess?.because, model, own: false }
}

async function readableFolder(folder: string): Promise<string> {
  const about = await stat(folder).catch((cause: unknown) => {
    throw new SkeinError('FILE_UNREADABLE', `${folder} cannot be read; name a folder that is there`, { cause })
  })
  if (!about.isDirectory())
    throw new SkeinError('FILE_UNREADABLE', `${folder} is not a folder; name the folder, and the file with --only`)
  await access(folder, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw new SkeinError(
      'FILE_UNREADABLE',
      `${folder} may not be read by you; change its mode, or name another folder`,
      { cause },
    )
  })
  return realpath(folder)
}

/** Throws `FILE_UNREADABLE` when the report could not be written at the end. */
export async function checkReport(report: string): Promise<void> {
  await access(dirname(report), constants.W_OK).catch((cause: unknown) => {
    throw new SkeinError(
      'FILE_UNREADABLE',
      `the report cannot be written to ${report}; name another place with --report <file>`,
      { cause },
    )
  })
}

/** A run of the target: the one that was interrupted, else the next. */
export type Named = { readonly id: string; readonly unfinished: boolean }

/** Finds the run that was interrupted, or the number of a new one. `startOver` cancels what was interrupted. */
export async function nameRun(skein: Skein, target: Target, { startOver, data }: Options): Promise<Named> {
  const writer = target.model === undefined ? [] : ['', target.model]
  const base = `blindspots-${hashOf(target.folder, ...target.argv, '', ...target.only, ...writer).slice(0, ID_LENGTH)}`
  for (let number = 1; number <= RUNS_MAX; number++) {
    const id = `${base}-${number}`
    const view = await skein.inspect(id)
    if (view === undefined) return { id, unfinished: false }
    if (view.endedAt !== undefined) continue
    if (!startOver) return { id, unfinished: true }
    await skein.cancel(id, { by: 'npm start --new' })
    await skein.result(id).catch(() => undefined)
    await removeScratch(scratchFolder(id, data))
  }
  throw new SkeinError(
    'USAGE',
    `${RUNS_MAX} runs of this folder are enough for one data folder; choose another with --data`,
  )
}
