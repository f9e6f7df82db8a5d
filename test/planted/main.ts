/**
 * `npm run planted`: plants each bug in a scratch copy and runs unit tests, conformance, rules, simulation, processes and the
 * kill campaign until one of them catches it; then writes the page. `--help` says which are tried. Exits with 1 while any bug
 * survives, is not tried or has no clear verdict.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseOf, freeze } from '../../examples/01-blindspots/scratch/base.ts'
import { removeScratch } from '../../examples/01-blindspots/scratch/slots.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { PLANTED_BUGS } from './bugs/index.ts'
import { commitOf, JudgedCode } from './judged-code.ts'
import { EXIT_GO_ON } from './limits.ts'
import { chosen, isOpen, optionsOf, USAGE } from './options.ts'
import type { Options } from './options.ts'
import { plantedPage } from './page.ts'
import { writePlan, writeProgress } from './plan.ts'
import { readKept, writeKept } from './results.ts'
import { STAGE_NAMES } from './stages.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
const REPORTS = join(REPOSITORY, 'docs', 'reports')
const DATA = join(REPORTS, 'data', 'planted.json')

/** The exit code of the run over the code that is frozen in `scratch`. */
async function run(options: Options, scratch: string): Promise<number> {
  const code = join(scratch, 'code')
  await freeze(REPOSITORY, await listFolder(REPOSITORY), code)
  const base = baseOf(code)
  const commit = commitOf(REPOSITORY)
  const judged = new JudgedCode(base, (await listFolder(base)).files, commit)
  let exit: number | null = 0
  if (options.instead !== 'report') {
    const { results } = readKept(DATA)
    const bugs = chosen(PLANTED_BUGS, options, { results, isOlder: (result) => judged.isOlder(result) })
    const { stage } = options
    const stages = stage === undefined ? STAGE_NAMES : [stage]
    writePlan(scratch, { names: bugs.map(({ name }) => name), stages, isAlone: stage !== undefined, commit })
    writeProgress(scratch, { results: [], untouchedMs: {} })
    do exit = await runTrials(scratch)
    while (exit === EXIT_GO_ON)
  }
  const { results } = readKept(DATA)
  const older = [...results.values()].filter((result) => judged.isOlder(result)).map(({ name }) => name)
  writeKept(DATA, { node: process.version, commit, older, results }, PLANTED_BUGS)
  writeFileSync(join(REPORTS, 'planted.md'), plantedPage(PLANTED_BUGS, readKept(DATA)))
  return exit ?? 1
}

function runTrials(scratch: string): Promise<number | null> {
  const trials = join(import.meta.dirname, 'trials.ts')
  const argv = ['--conditions=skein-source', '--no-warnings', trials, '--scratch', scratch]
  return new Promise((resolve) => spawn(process.execPath, argv, { stdio: 'inherit' }).once('exit', resolve))
}

/** Says what is not caught; true if there is something. */
function sayOpen(): boolean {
  const { results } = readKept(DATA)
  const open = PLANTED_BUGS.filter((bug) => isOpen(bug, results.get(bug.name)))
  for (const { name } of open) {
    const result = results.get(name)
    const how = result?.missed === undefined ? 'not tried' : 'survived'
    console.log(result?.unclear === undefined ? `${how}: ${name}` : `no verdict: ${name}: ${result.unclear}`)
  }
  return open.length > 0
}

function optionsOrExit(): Options {
  try {
    const options = optionsOf(process.argv.slice(2))
    chosen(PLANTED_BUGS, options, { results: new Map(), isOlder: () => false })
    return options
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const options = optionsOrExit()
if (options.instead === 'help' || options.instead === 'list') {
  console.log(options.instead === 'help' ? USAGE : PLANTED_BUGS.map(({ name }) => name).join('\n'))
  process.exit(0)
}
mkdirSync(join(REPORTS, 'data'), { recursive: true })
const scratch = mkdtempSync(join(tmpdir(), 'skein-planted-'))
// Whoever interrupts the run ends the trials; the copy is removed all the same.
process.on('SIGINT', () => undefined)
let exit: number
try {
  exit = await run(options, scratch)
} finally {
  await removeScratch(scratch)
}
process.exit(sayOpen() || exit !== 0 ? 1 : 0)
