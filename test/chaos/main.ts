/**
 * `npm run crash-report`: kills programs until the time is over or enough has been killed, and writes the report.
 *
 *   --seconds N      default 60
 *   --kills N        stop after so many
 *   --simulated N    and play so many crash points in the simulator
 *   --scenario NAME  only this one
 *   --seed N         one run of each, with this seed, and no report
 *   --workers N      default 2
 *   --resume FILE    where counts are kept; default: a folder that is named
 *   --json           print the data instead of writing the report
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildPrograms } from './built.ts'
import { runCampaign } from './campaign.ts'
import type { Tally } from './campaign.ts'
import { addCounts, noCounts, OFFENCES } from './counts.ts'
import { dataOf, pageOf } from './page.ts'
import { nextSeed, readRecords, recordOfToday, withTally, writeRecords } from './record.ts'
import { SCENARIOS } from './scenarios.ts'
import { simulateMore } from './simulated/simulated.ts'

const REPORTS = fileURLToPath(new URL('../../docs/reports', import.meta.url))
const SAVE_EVERY_MS = 5_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    kills: { type: 'string' },
    simulated: { type: 'string', default: '0' },
    scenario: { type: 'string' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '2' },
    resume: { type: 'string', default: join(tmpdir(), 'skein-crash', 'state.json') },
    json: { type: 'boolean', default: false },
  },
})
const { scenario, resume } = values
const workers = Number(values.workers)
const isOne = values.seed !== undefined

const records = readRecords(resume)
const record = recordOfToday(records)
const before = structuredClone(record)
const folder = mkdtempSync(join(tmpdir(), 'skein-crash-'))
console.error(`state: ${resume}\nruns: ${folder}`)
const begunAt = performance.now()
let savedAt = begunAt

function save(tallies: ReadonlyMap<string, Tally>): void {
  for (const [name, tally] of tallies) record.scenarios[name] = withTally(before.scenarios[name], tally)
  record.seconds = before.seconds + Math.round((performance.now() - begunAt) / 1000)
  record.lastOn = new Date().toISOString().slice(0, 10)
  if (!isOne) writeRecords(resume, records)
  savedAt = performance.now()
  const counts = noCounts()
  for (const one of tallies.values()) addCounts(counts, one.counts)
  const offences = OFFENCES.map((kind) => `${kind} ${counts[kind]}`).join(', ')
  console.error(`${Math.round((savedAt - begunAt) / 1000)} s: kills ${counts.kills}, runs ${counts.runs}, ${offences}`)
}

const tallies = await runCampaign({
  folder,
  seconds: isOne ? Infinity : Number(values.seconds),
  ...(values.kills === undefined ? {} : { killsMax: Number(values.kills) }),
  workers,
  ...(scenario === undefined ? {} : { scenario }),
  ...(isOne ? { seed: Number(values.seed) } : {}),
  firstSeed: (name) => nextSeed(records, name),
  onRun: (tallies) => {
    if (performance.now() - savedAt > SAVE_EVERY_MS) save(tallies)
  },
})
save(tallies)
if (Number(values.simulated) > 0) {
  const built = await buildPrograms(folder)
  record.simulated = await simulateMore(before.simulated, Number(values.simulated), {
    built,
    workers,
    onStretch: (sum) => {
      record.simulated = sum
      if (performance.now() - savedAt > SAVE_EVERY_MS) {
        save(tallies)
        console.error(`simulated crash points ${sum.crashes}, offences ${sum.failures.length}`)
      }
    },
  })
  save(tallies)
}
const failures = [...tallies].flatMap(([name, tally]) => tally.failures.map((failure) => ({ name, ...failure })))
for (const { name, seed, what } of failures)
  console.error(`${what}\n  npm run crash-report -- --scenario ${name} --seed ${seed}`)
if (failures.length === 0) rmSync(folder, { recursive: true })
const data = dataOf(records, Object.fromEntries(SCENARIOS.map(({ name, says }) => [name, says])))
if (values.json) console.log(JSON.stringify(data, undefined, 1))
else if (!isOne) {
  mkdirSync(join(REPORTS, 'data'), { recursive: true })
  writeFileSync(join(REPORTS, 'data', 'crash.json'), `${JSON.stringify(data, undefined, 1)}\n`)
  writeFileSync(join(REPORTS, 'crash.md'), pageOf(data))
}
process.exit(failures.length === 0 && record.simulated.failures.length === before.simulated.failures.length ? 0 : 1)
