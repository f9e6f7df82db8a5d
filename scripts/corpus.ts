/**
 * Writes data folders of the journal format of today, for `test/corpus.test.ts`:
 *
 *   node --conditions=skein-source scripts/corpus.ts <format>
 *
 * Run it once for a released format, with the code that releases it, and never again: a folder that new code wrote
 * would prove nothing about old ones.
 */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { foldersOf, pack } from '../test/corpus/folder.ts'
import { live } from '../test/corpus/live.ts'
import type { Told } from '../test/corpus/live.ts'

const format = fileURLToPath(new URL(`../test/corpus/${process.argv[2] ?? ''}`, import.meta.url))
const definitions = join(format, 'definitions.mjs')
if (!existsSync(definitions)) throw new Error(`${definitions} is not there; write it first`)
if (foldersOf(format).length > 0) throw new Error(`${format} has its folders already; they stay as they are`)

const place = mkdtempSync(join(tmpdir(), 'skein-corpus-'))
const [killed, resting, ended] = ['killed', 'resting', 'ended'].map((name) => join(place, name)) as [
  string,
  string,
  string,
]
const started = await live(definitions, killed, 'start')
cpSync(killed, resting, { recursive: true, filter: (file) => !file.endsWith('.sock') })
const rested = await live(definitions, resting, 'rest')
const whole = await live(definitions, ended, 'whole')
const keysOf = (told: Told): readonly string[] => told.done.map(({ key }) => key)
const written = {
  values: whole.values,
  done: {
    killed: keysOf(started),
    resting: [...keysOf(started), ...keysOf(rested)],
    ended: keysOf(whole),
  },
}
for (const name of Object.keys(written.done)) {
  const folder = join(place, name)
  shrink(join(folder, 'skein.db'))
  pack(folder, join(format, name))
}
writeFileSync(join(format, 'written.json'), `${JSON.stringify(written, undefined, 1)}\n`)
rmSync(place, { recursive: true })

function shrink(file: string): void {
  using db = new DatabaseSync(file)
  db.exec('pragma wal_checkpoint(truncate); vacuum; pragma wal_checkpoint(truncate)')
}
