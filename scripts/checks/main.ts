/**
 * `npm test` and `.ci/run`. Ends with one line, `N passed, N failed, N skipped`, and exit code 0 only when nothing failed.
 *
 * 1. Without arguments everything is checked; `--project NAME` or paths run only those tests, and only tests.
 * 2. `--ci` adds coverage thresholds, unused code and the package as a stranger gets it, and kills for a minute.
 * 3. All checks run, whatever failed before: one run shows all that is wrong.
 */
import { STATIC_CHECKS, UNUSED_CODE_CHECK } from './commands.ts'
import { PACKAGE_CHECK } from './package.ts'
import { addTallies, NOTHING_CHECKED, tallyLine, type Check } from './tally.ts'
import { vitestCheck } from './vitest.ts'

const NODE_MIN = [22, 18] as const
/** How long CI kills runs (test/chaos). */
const CI_CHAOS_S = '60'

function checksFor(args: readonly string[]): readonly Check[] {
  if (args.includes('--ci')) {
    const filters = args.filter((arg) => arg !== '--ci')
    process.env['SKEIN_CHAOS_S'] ??= CI_CHAOS_S
    return [...STATIC_CHECKS, UNUSED_CODE_CHECK, vitestCheck(['--coverage', ...filters]), PACKAGE_CHECK]
  }
  return args.length > 0 ? [vitestCheck(args)] : [...STATIC_CHECKS, vitestCheck([])]
}

function nodeIsNewEnough(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
}

console.log(`node ${process.version}`)
if (!nodeIsNewEnough()) {
  console.error(
    `skein: the checks need Node ${NODE_MIN.join('.')} or later; run them by npm test, which brings its own`,
  )
  process.exit(1)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(1))

let sum = NOTHING_CHECKED
for (const check of checksFor(process.argv.slice(2))) sum = addTallies(sum, await check.run())
console.log(tallyLine(sum))
process.exitCode = sum.failed === 0 ? 0 : 1
