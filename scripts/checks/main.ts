/**
 * `npm test` and `.ci/run`. Ends with one line, `N passed, N failed, N skipped`, and exit code 0 only when nothing failed.
 *
 * 1. Without arguments everything is checked; `--project NAME` or paths run only those tests, and only tests.
 * 2. `--ci` adds coverage thresholds, unused code and the package as a stranger gets it, and kills for a minute.
 * 3. All checks run, whatever failed before: one run shows all that is wrong.
 * 4. What computes runs beside what waits for processes of its own; each lane does its checks one after another.
 */
import { STATIC_CHECKS, UNUSED_CODE_CHECK } from './commands.ts'
import { PACKAGE_CHECK } from './package.ts'
import { addTallies, NOTHING_CHECKED, tallyLine, type Check, type Tally } from './tally.ts'
import { vitestCheck } from './vitest.ts'

const NODE_MIN = [22, 18] as const
/** How long CI kills runs (test/chaos). */
const CI_CHAOS_S = '60'
/** Tests inside this process, and those that start others. Coverage sees only the first; it would forbid the second the compile cache. */
const INSIDE = ['--project', 'unit', '--project', 'sim']
const OUTSIDE = ['--project', 'e2e']

type Lane = readonly Check[]

function lanesFor(args: readonly string[]): readonly Lane[] {
  if (args.includes('--ci')) {
    process.env['SKEIN_CHAOS_S'] ??= CI_CHAOS_S
    return [
      [...STATIC_CHECKS, UNUSED_CODE_CHECK, vitestCheck('unit and sim', [...INSIDE, '--coverage'])],
      [vitestCheck('e2e', OUTSIDE, { isHeld: true }), PACKAGE_CHECK],
    ]
  }
  if (args.length > 0) return [[vitestCheck('tests', args)]]
  return [[...STATIC_CHECKS, vitestCheck('unit and sim', INSIDE)], [vitestCheck('e2e', OUTSIDE, { isHeld: true })]]
}

async function runLane(lane: Lane): Promise<Tally> {
  let sum = NOTHING_CHECKED
  for (const check of lane) sum = addTallies(sum, await check.run())
  return sum
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

const tallies = await Promise.all(lanesFor(process.argv.slice(2)).map(runLane))
const sum = tallies.reduce(addTallies, NOTHING_CHECKED)
console.log(tallyLine(sum))
process.exitCode = sum.failed === 0 ? 0 : 1
