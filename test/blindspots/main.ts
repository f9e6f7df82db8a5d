/**
 * `npm run blindspots`: small changes to the kernel and the embedded engine, as `npm start` proposes them, which are too many
 * for a budget of seconds: each against random workflows, survivors against the tests near their file, and then against the
 * rest. Stop it whenever you like; the same command goes on. `--report` writes the page from the verdicts so far.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EXIT_GO_ON } from '../planted/limits.ts'
import { blindspotsPage } from './page.ts'
import { explained, readRecords } from './records.ts'
import type { Explained } from './records.ts'

const REPORTS = join(import.meta.dirname, '..', '..', 'docs', 'reports')
const DATA = join(REPORTS, 'data', 'blindspots-kernel.json')
const USAGE = `usage: npm run blindspots -- [options]

Makes small changes to kernel and engine in a scratch copy, one at a time, and runs the tests that should notice them. Stop it
whenever you like; the same command goes on, as long as src and tests are what they were.

  --scratch FOLDER  where the copy and the verdicts lie
  --report          write the page from the verdicts so far
  --help            this text`

function optionsOrExit(): { readonly scratch: string; readonly report: boolean } {
  try {
    const { scratch, report, help } = parseArgs({
      options: {
        scratch: { type: 'string', default: join(tmpdir(), `skein-blindspots-kernel-${userInfo().uid}`) },
        report: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
    if (!help) return { scratch, report }
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const { scratch, report } = optionsOrExit()

function run(program: string, args: readonly string[] = []): number {
  for (;;) {
    const path = join(import.meta.dirname, program)
    const options = ['--conditions=skein-source', '--no-warnings', path, '--scratch', scratch, ...args]
    const { status } = spawnSync(process.execPath, options, { stdio: 'inherit' })
    if (status !== EXIT_GO_ON) return status ?? 1
  }
}

const runAll = (): number =>
  run('simulations.ts') || run('trials.ts', ['--meets', 'near']) || run('trials.ts', ['--meets', 'judge'])

/** Writes data and page of what is proposed now. */
function writeReport(): void {
  const records = explained([...readRecords(join(scratch, 'records.jsonl')).values()], readData())
  mkdirSync(join(REPORTS, 'data'), { recursive: true })
  writeFileSync(DATA, `${JSON.stringify({ node: process.version, changes: records }, undefined, 2)}\n`)
  writeFileSync(join(REPORTS, 'blindspots-kernel.md'), blindspotsPage(records, process.version))
}

function readData(): readonly Explained[] {
  try {
    return (JSON.parse(readFileSync(DATA, 'utf8')) as { readonly changes: Explained[] }).changes
  } catch {
    return []
  }
}

// A report alone is about the verdicts that are there.
const exit = report ? 0 : runAll()
if (exit === 0) writeReport()
process.exit(exit)
