/** Makes changes in a scratch copy, one after the other, and runs the tests near each. Started by `main.ts`. */
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { applied } from '../../examples/01-blindspots/code/propose.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { baseOf, freeze } from '../../examples/01-blindspots/scratch/base.ts'
import { takeSlot } from '../../examples/01-blindspots/scratch/slots.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { EXIT_GO_ON } from '../planted/limits.ts'
import { WarmTests } from '../planted/warm-tests.ts'
import { CONTROL_EVERY, JUDGED_TOGETHER, LOOK_MS, SEEDS_JUDGE, TRIAL_CPU_MS_MAX, TRIALS_PER_PROCESS } from './limits.ts'
import { codeOf, recordsOf } from './frozen.ts'
import { addRecord, readRecords } from './records.ts'
import type { Record } from './records.ts'
import { testsOf } from './related.ts'
import type { Meets } from './related.ts'
import { sample, sourcesOf } from './sample.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
const { scratch = '', meets: given = 'near' } = parseArgs({
  options: { scratch: { type: 'string' }, meets: { type: 'string' } },
}).values
const meets = given as Meets
const judge = meets === 'judge'
mkdirSync(scratch, { recursive: true })
process.env['CI'] = '1'
process.env['SEEDS'] = String(SEEDS_JUDGE)

const records = recordsOf(scratch)
const code = codeOf(scratch)
// As `simulations.ts` has left it: a run is about one code.
const frozen = await freeze(REPOSITORY, await listFolder(REPOSITORY), code)
const base = baseOf(code)
const changes = await sample(base, sourcesOf((await listFolder(base)).files))
const slot = await takeSlot({ folder: REPOSITORY, scratch: code, fingerprint: frozen.fingerprint })
const tests = await WarmTests.open(slot.folder)
const sourceOf = (file: string): Promise<string> => readFile(join(base, file), 'utf8')

async function aboutOf(change: Proposal): Promise<Omit<Record, 'verdict' | 'by' | 'ms'>> {
  const { id, file, line, operator } = change
  return { ...shownChange(await sourceOf(file), change), id, file, line, operator }
}

/** What notices the changes together: a test, that they do not end, or nothing. */
async function failureOf(together: readonly Proposal[], onHang: () => void): Promise<string | undefined> {
  const began = process.cpuUsage()
  const look = setInterval(() => {
    const { user, system } = process.cpuUsage(began)
    // Whoever never ends cannot be stopped from outside its thread.
    if ((user + system) / 1_000 > TRIAL_CPU_MS_MAX * (judge ? JUDGED_TOGETHER : 1)) onHang()
  }, LOOK_MS)
  const files = together.map(({ file }) => file)
  for (const change of together) await slot.change(change.file, applied(await sourceOf(change.file), change))
  const paths = [...new Set(files.flatMap((file) => testsOf(file, meets)))]
  const run = await tests.run(paths, files)
  for (const file of files) await slot.change(file, await sourceOf(file))
  clearInterval(look)
  return run.failed ?? run.unloaded
}

async function trial(together: readonly Proposal[]): Promise<void> {
  const began = performance.now()
  const abouts = await Promise.all(together.map(aboutOf))
  const ms = (): number => Math.round(performance.now() - began)
  const failed = await failureOf(together, () => {
    for (const about of together.length === 1 ? abouts : [])
      addRecord(records, { ...about, verdict: 'hangs', by: meets, ms: ms() })
    process.exit(EXIT_GO_ON)
  })
  if (failed !== undefined && together.length > 1) {
    for (const change of together) await trial([change])
    return
  }
  for (const about of abouts)
    addRecord(records, {
      ...about,
      verdict: failed === undefined ? 'survived' : 'noticed',
      by: failed ?? meets,
      ms: ms(),
    })
}

/** One of each file at a time, so that no two are made to the same text. */
function groups(of: readonly Proposal[]): readonly (readonly Proposal[])[] {
  const made: Proposal[][] = []
  for (const change of of) {
    const room = change.file.split('/')[1]
    const fits = made.find(
      (group) =>
        group.length < (judge ? JUDGED_TOGETHER : 1) &&
        group.every(({ file }) => file !== change.file && file.split('/')[1] === room),
    )
    if (fits === undefined) made.push([change])
    else fits.push(change)
  }
  return made
}

const done = readRecords(records)
const before = meets === 'near' ? 'simulation' : 'near'
const left = changes.filter(({ id }) => {
  const known = done.get(id)
  return known?.verdict === 'survived' && known.by === before
})
console.log(`${changes.length} changes, ${left.length} to try: ${meets}`)
/** Tests that are red on untouched code prove nothing. */
async function demandGreen(file: string): Promise<void> {
  const run = await tests.run(testsOf(file, meets), [file])
  const failed = run.failed ?? run.unloaded
  if (failed !== undefined) throw new Error(`untouched, and yet it fails: ${failed}`)
}

for (const [n, group] of groups(left.slice(0, TRIALS_PER_PROCESS)).entries()) {
  if (!judge && n % CONTROL_EVERY === 0) await demandGreen(group[0]?.file ?? '')
  await trial(group)
}
process.exit(left.length > TRIALS_PER_PROCESS ? EXIT_GO_ON : 0)
