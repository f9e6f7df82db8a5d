/**
 * `npm run blindspots`: the main job's changes over the kernel and the embedded engine, which are too many for a budget of
 * seconds: each against random workflows, survivors against the tests near their file, and then against the rest. Stop it whenever you
 * like; the same command goes on. `--report` writes the page from the verdicts so far.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EXIT_GO_ON } from '../planted/limits.ts'
import { blindspotsPage } from './page.ts'
import { readRecords } from './records.ts'
import type { Explained } from './records.ts'

const REPORTS = join(import.meta.dirname, '..', '..', 'docs', 'reports')
const DATA = join(REPORTS, 'data', 'blindspots-kernel.json')
const { scratch, report } = parseArgs({
  options: {
    scratch: { type: 'string', default: join(tmpdir(), `skein-blindspots-kernel-${userInfo().uid}`) },
    report: { type: 'boolean', default: false },
  },
}).values

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

/** Keeps what people have said of survivors. */
function writeReport(): void {
  const before = readData()
  const said = new Map(before.map(({ id, verdict, because }) => [id, { verdict, because }]))
  const records = [...readRecords(join(scratch, 'records.jsonl')).values()].map((record): Explained => {
    const known = said.get(record.id)
    return known?.because === undefined ? record : { ...record, verdict: known.verdict, because: known.because }
  })
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

const exit = report ? 0 : runAll()
if (exit === 0) writeReport()
process.exit(exit)
