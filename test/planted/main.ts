/**
 * `npm run planted`: plants each bug in a scratch copy and runs unit tests, conformance, rules, simulation, processes and the
 * kill campaign until one of them catches it; then writes the page. What was caught before is not tried again: a name (or a
 * part of one) after the command tries only that one, `--all` all of them anew, `--resume` goes on where a run was stopped.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PLANTED_BUGS } from './bugs/index.ts'
import { plantedPage } from './page.ts'
import { readResults, writeResults } from './results.ts'
import { EXIT_GO_ON } from './limits.ts'

const REPORTS = join(import.meta.dirname, '..', '..', 'docs', 'reports')
const DATA = join(REPORTS, 'data', 'planted.json')
const args = process.argv.slice(2)
if (args.includes('--all')) rmSync(DATA, { force: true })

/** Tests may have come since: what has survived begins anew. */
function forgetMisses(): void {
  const caught = [...readResults(DATA)].filter(([, result]) => result.caught !== undefined)
  if (caught.length > 0) writeResults(DATA, new Map(caught), PLANTED_BUGS)
  else rmSync(DATA, { force: true })
}

if (!args.includes('--resume')) forgetMisses()
let exit: number | null
do {
  const trials = join(import.meta.dirname, 'trials.ts')
  const rest = args.filter((arg) => !arg.startsWith('--'))
  exit = spawnSync(process.execPath, ['--conditions=skein-source', trials, ...rest], { stdio: 'inherit' }).status
} while (exit === EXIT_GO_ON)
if (exit === 0) {
  const { node } = JSON.parse(readFileSync(DATA, 'utf8')) as { readonly node: string }
  writeFileSync(join(REPORTS, 'planted.md'), plantedPage(PLANTED_BUGS, readResults(DATA), node))
}
const survived = [...readResults(DATA).values()].filter(({ caught }) => caught === undefined)
for (const { name } of survived) console.log(`survived: ${name}`)
process.exit(exit !== 0 || survived.length > 0 ? 1 : 0)
