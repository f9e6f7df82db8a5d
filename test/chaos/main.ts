/** `npm run crash-report`: kills programs until the time is over or enough has been killed, and writes the report. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPrograms } from './built.ts'
import { notRunnable, runCampaign } from './campaign.ts'
import type { Tally } from './campaign.ts'
import { addCounts, noCounts, OFFENCES } from './counts.ts'
import { readOptions } from './options.ts'
import { dataOf, pageOf } from './page.ts'
import type { CrashData } from './page.ts'
import { restateGround } from './restate/ground.ts'
import { restatePageOf } from './restate/page.ts'
import { nextSeed, noSimulated, runsOf, recordOfToday, tallySince, withTally } from './record.ts'
import type { Records, ScenarioRecord } from './record.ts'
import { SCENARIOS } from './scenarios.ts'
import { plusStretch, simulateMore } from './simulated/simulated.ts'
import { readRecords, updateRecords, withPublished } from './state.ts'

const REPORTS = fileURLToPath(new URL('../../docs/reports', import.meta.url))
const SAVE_EVERY_MS = 5_000

const options = readOptions(process.argv.slice(2))
if ('usage' in options) {
  console.error(options.usage)
  process.exit(options.exitCode)
}
const checkout = createHash('sha256').update(REPORTS).digest('hex').slice(0, 8)
const { scenario, seed, workers, kills, killsPerRun, simulated, engine } = options
const report = engine === undefined ? 'crash' : `crash-${engine}`
const DATA = join(REPORTS, 'data', `${report}.json`)
const resume =
  options.resume ?? join(tmpdir(), 'skein-crash', `${checkout}${engine === undefined ? '' : `-${engine}`}.json`)
const ground = engine === undefined ? undefined : restateGround()
if (engine !== undefined && ground === undefined) {
  console.error('Restate can not be tried: @restatedev/restate-server has no program for this machine')
  process.exit(2)
}
const isOne = seed !== undefined

const published = (): CrashData | undefined =>
  existsSync(DATA) ? (JSON.parse(readFileSync(DATA, 'utf8')) as CrashData) : undefined

const folder = mkdtempSync(join(tmpdir(), 'skein-crash-'))
const notHere = engine === undefined ? notRunnable(folder) : []
if (scenario !== undefined && notHere.includes(scenario)) {
  rmSync(folder, { recursive: true })
  console.error(`${scenario} can't run here: it needs what this machine does not allow (a file system of its own)`)
  process.exit(2)
}
let records: Records = withPublished(readRecords(resume), published())
console.error(`state: ${resume}\nruns: ${folder}`)
const begunAt = performance.now()
let [savedAt, savedSeconds, savedFailures] = [begunAt, 0, 0]
const saved = new Map<string, ScenarioRecord>()
let pending = noSimulated()
let newFailures = 0

/** Adds what is new to what the file holds by now: others may have added to it. */
function save(tallies: ReadonlyMap<string, Tally>): void {
  const seconds = Math.round((performance.now() - begunAt) / 1000)
  if (!isOne)
    records = updateRecords(resume, (latest) => {
      const now = withPublished(latest, published())
      const record = recordOfToday(now)
      for (const [name, tally] of tallies)
        record.scenarios[name] = withTally(record.scenarios[name], tallySince(tally, saved.get(name)))
      record.seconds += seconds - savedSeconds
      record.lastOn = new Date().toISOString().slice(0, 10)
      record.simulated = plusStretch(record.simulated, pending)
      return now
    })
  for (const [name, tally] of tallies) saved.set(name, withTally(undefined, tally))
  pending = noSimulated()
  savedAt = performance.now()
  savedSeconds = seconds
  savedFailures = failuresOf(tallies)
  const counts = noCounts()
  for (const one of tallies.values()) addCounts(counts, one.counts)
  const offences = OFFENCES.map((kind) => `${kind} ${counts[kind]}`).join(', ')
  console.error(`${seconds} s: kills ${counts.kills}, runs ${counts.runs}, ${offences}`)
}

function failuresOf(tallies: ReadonlyMap<string, Tally>): number {
  return [...tallies.values()].reduce((sum, { failures }) => sum + failures.length, 0)
}

const tallies = await runCampaign({
  folder,
  seconds: isOne ? Infinity : options.seconds,
  workers,
  ...(kills === undefined ? {} : { killsMax: kills }),
  ...(killsPerRun === undefined ? {} : { killsPerRun }),
  ...(scenario === undefined ? {} : { scenario }),
  ...(isOne ? { seed } : {}),
  ...(ground === undefined ? {} : { ground }),
  firstSeed: (name) => nextSeed(records, name),
  ...(ground === undefined ? {} : { runsSoFar: (name) => runsOf(records, name) }),
  onRun: (tallies) => {
    if (performance.now() - savedAt > SAVE_EVERY_MS || failuresOf(tallies) > savedFailures) save(tallies)
  },
})
save(tallies)
await ground?.[Symbol.asyncDispose]()
if (simulated > 0) {
  const built = await buildPrograms(folder)
  const before = { ...noSimulated(), next: recordOfToday(records).simulated.next }
  await simulateMore(before, simulated, {
    built,
    workers,
    onStretch: (stretch) => {
      pending = plusStretch(pending, stretch)
      newFailures += stretch.failures.length
      if (performance.now() - savedAt > SAVE_EVERY_MS || stretch.failures.length > 0) save(tallies)
    },
  })
  save(tallies)
}
const failures = [...tallies].flatMap(([name, tally]) => tally.failures.map((failure) => ({ name, ...failure })))
const perRun = killsPerRun === undefined ? '' : ` --kills-per-run ${killsPerRun}`
const on = engine === undefined ? '' : ` --engine ${engine}`
for (const { name, seed, what } of failures)
  console.error(`${what}\n  npm run crash-report --${on} --scenario ${name} --seed ${seed}${perRun}`)
if (failures.length === 0) rmSync(folder, { recursive: true })
const played = ground?.scenarios ?? SCENARIOS
const data = dataOf(records, Object.fromEntries(played.map(({ name, says }) => [name, says])), notHere)
if (options.isJson) console.log(JSON.stringify(data, undefined, 1))
else if (!isOne) {
  mkdirSync(join(REPORTS, 'data'), { recursive: true })
  writeFileSync(DATA, `${JSON.stringify(data, undefined, 1)}\n`)
  writeFileSync(join(REPORTS, `${report}.md`), engine === undefined ? pageOf(data) : restatePageOf(data))
}
process.exit(failures.length === 0 && newFailures === 0 ? 0 : 1)
