/** `npm run crash-postgres`: harms workers and their Postgres server for a while, judges every round, and writes the report. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { postgresPrograms } from '../../../src/testing/conformance/postgres-server.ts'
import { runRounds } from './campaign.ts'
import type { Kind } from './harm.ts'
import { heardOnPostgres } from './heard.ts'
import { readOptions } from './options.ts'
import { answered, merged, pageOf } from './page.ts'
import type { PostgresCrashData } from './page.ts'

const REPORTS = fileURLToPath(new URL('../../../docs/reports', import.meta.url))
const DATA = join(REPORTS, 'data', 'crash-postgres.json')

const options = readOptions(process.argv.slice(2))
if ('usage' in options) {
  console.error(options.usage)
  process.exit(options.exitCode)
}
const { seconds, kinds, seed } = options
const programs = postgresPrograms()
if (programs === undefined) {
  console.error('PostgreSQL is not installed')
  process.exit(2)
}
/** Those with the fewest rounds first, so that slices of a campaign come out even. */
const roundsOf = (kind: Kind): number => data?.kinds[kind]?.rounds ?? 0
const folder = mkdtempSync(join(tmpdir(), 'skein-crash-postgres-'))
let data = existsSync(DATA) ? (JSON.parse(readFileSync(DATA, 'utf8')) as PostgresCrashData) : undefined

function save(now: PostgresCrashData): void {
  data = now
  mkdirSync(join(REPORTS, 'data'), { recursive: true })
  writeFileSync(DATA, `${JSON.stringify(now, undefined, 1)}\n`)
  writeFileSync(join(REPORTS, 'crash-postgres.md'), pageOf(now))
}

if (options.heard !== undefined) {
  const heard = await heardOnPostgres(options.heard)
  console.error(`heard: ${JSON.stringify(heard)}`)
  save({ kinds: {}, ...data, heard })
  process.exit(heard.missed.length === 0 ? 0 : 1)
}
const failures = await runRounds({
  folder,
  programs,
  kinds: kinds.toSorted((a, b) => roundsOf(a) - roundsOf(b)),
  seconds,
  ...(seed === undefined ? {} : { seed }),
  firstSeed: (kind) => data?.kinds[kind]?.next ?? 0,
  onRound(kind, counted) {
    console.error(
      `${kind} ${counted.next - 1}: ${counted.failures.length === 0 ? 'sound' : counted.failures.map(({ what }) => what).join('; ')}`,
    )
    const now = seed === undefined ? merged(data, kind, counted) : answered(data, kind, { seed, counted })
    if (now !== undefined) save(now)
  },
})
if (failures === 0) rmSync(folder, { recursive: true, force: true })
else console.error(`what the ledger and the workers left: ${folder}`)
process.exit(failures === 0 ? 0 : 1)
