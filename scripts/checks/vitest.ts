/** Runs vitest and counts what its JSON report says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import { addTallies, checkLine, FAILED, type Check, type Tally } from './tally.ts'

/** The members of vitest's JSON report that are read here. */
export type VitestReport = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** A run that failed counts at least one failure, whether or not a test can be blamed. */
export function tallyOf(report: VitestReport | undefined, exitCode: number): Tally {
  if (report === undefined) return FAILED
  const filesThatDidNotLoad = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const tests: Tally = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + filesThatDidNotLoad.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
  return exitCode !== 0 && tests.failed === 0 ? addTallies(tests, FAILED) : tests
}

/** The tests that `args` select (all of them when empty). `isHeld`: shows what vitest says when it has ended, not as it comes. */
export function vitestCheck(name: string, args: readonly string[], { isHeld = false } = {}): Check {
  return {
    name,
    async run() {
      const folder = mkdtempSync(join(tmpdir(), 'skein-checks-'))
      const started = performance.now()
      try {
        const file = join(folder, 'report.json')
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
        const { code, output } = await runCommand(['vitest', 'run', ...reporters, ...args], { live: !isHeld })
        if (isHeld) console.log(output.trimEnd())
        console.log(checkLine(name, code === 0, started))
        return tallyOf(readReport(file), code)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  } catch {
    return undefined
  }
}
