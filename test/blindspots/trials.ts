/** What random workflows have not noticed meets the tests near its file. Started by `main.ts`. */
import { EXIT_GO_ON } from '../planted/limits.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { CONTROL_EVERY, EXIT_TIME_UP, NEAR_CPU_MS_MAX, TRIALS_PER_PROCESS } from './limits.ts'
import { addTrial } from './records.ts'
import type { Trial } from './records.ts'
import { nearTestsOf } from './related.ts'
import { beginRun } from './run.ts'
import { cpuClock } from './cpu-clock.ts'
import { failureOf, hasWaited, Stand } from './stand.ts'

const { folder, frozen, changes, known, trials, isOwn, isTimeUp } = await beginRun()
const stand = await Stand.open(folder, frozen, 1)

/** What the tests near the file say; undefined when they are red on the untouched code too, and so say nothing. */
async function near(change: Proposal, onHang: () => void): Promise<Pick<Trial, 'verdict' | 'by'> | undefined> {
  const run = await stand.run([change], nearTestsOf(change.file), { cpuMsMax: NEAR_CPU_MS_MAX, onHang })
  const by = failureOf(run)
  if (by === undefined) return { verdict: 'survived', by: '' }
  if (!hasWaited(run)) return { verdict: 'noticed', by }
  return (await stand.isGreenUntouched(by)) ? { verdict: 'hangs', by } : undefined
}

async function tryOne(change: Proposal): Promise<void> {
  const about = await stand.aboutOf(change)
  const used = cpuClock()
  const beside = await near(change, () => {
    addTrial(trials, { ...about, stage: 'near', verdict: 'hangs', by: 'does not end', cpuMs: used() })
    process.exit(EXIT_GO_ON)
  })
  if (beside === undefined) return console.log(`no verdict: ${change.file}:${change.line}`)
  addTrial(trials, { ...about, ...beside, stage: 'near', cpuMs: used() })
  console.log(
    `${(used() / 1_000).toFixed(1).padStart(6)} s  ${change.file}:${change.line} ${beside.verdict} ${beside.by}`,
  )
}

/** Tests that are red on untouched code prove nothing. */
async function demandGreen(file: string): Promise<void> {
  const onHang = (): never => {
    throw new Error(`untouched, and yet the tests near ${file} do not end`)
  }
  const failed = failureOf(await stand.run([], nearTestsOf(file), { cpuMsMax: NEAR_CPU_MS_MAX, onHang }))
  if (failed !== undefined) throw new Error(`untouched, and yet it fails: ${failed}`)
}

/** Those that nothing has noticed and that have not met these tests. */
const left = changes.filter((change) => {
  const trial = known.get(change.id)
  return isOwn(change) && (trial === undefined || (trial.verdict === 'survived' && trial.stage === 'seeds'))
})
console.log(`${changes.length} changes, ${left.length} to try`)
for (const [n, change] of left.slice(0, TRIALS_PER_PROCESS).entries()) {
  if (await isTimeUp()) process.exit(EXIT_TIME_UP)
  if (n % CONTROL_EVERY === CONTROL_EVERY - 1) await demandGreen(change.file)
  await tryOne(change)
}
process.exit(left.length > TRIALS_PER_PROCESS ? EXIT_GO_ON : 0)
