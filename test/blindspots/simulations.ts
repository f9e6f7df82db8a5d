/** Each change of the sample meets random workflows, in a few threads at once. Started by `main.ts`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { applied } from '../../examples/01-blindspots/code/propose.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { baseOf } from '../../examples/01-blindspots/scratch/base.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { PLAYERS } from '../planted/limits.ts'
import { Player } from '../planted/player.ts'
import type { Ended } from '../planted/verdict.ts'
import { codeOf, freezeCurrent, recordsOf } from './frozen.ts'
import { addRecord, keepProposed, readRecords } from './records.ts'
import { sample, sourcesOf } from './sample.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
const { scratch = '' } = parseArgs({ options: { scratch: { type: 'string' } } }).values
await freezeCurrent(REPOSITORY, scratch)
const records = recordsOf(scratch)
const base = baseOf(codeOf(scratch))
const changes = await sample(base, sourcesOf((await listFolder(base)).files))
keepProposed(records, new Set(changes.map(({ id }) => id)))
const done = readRecords(records)
const queue = changes.filter(({ id }) => !done.has(id))
console.log(`${changes.length} changes, ${queue.length} to play`)

/** What noticed it; code that cannot be loaded is noticed by whoever loads it. */
function byOf(ended: Ended): string {
  switch (ended.kind) {
    case 'green':
      return 'simulation'
    case 'hangs':
      return 'hangs'
    case 'red':
      return ended.test
    case 'broken':
      return ended.why
  }
}

async function trial(player: Player, change: Proposal): Promise<void> {
  const began = performance.now()
  const { id, file, line, operator } = change
  const source = await readFile(join(base, file), 'utf8')
  const ended = await player.play(new Map([[file, applied(source, change)]]))
  const verdict = ended.kind === 'green' ? 'survived' : ended.kind === 'hangs' ? 'hangs' : 'noticed'
  const by = byOf(ended)
  const ms = Math.round(performance.now() - began)
  addRecord(records, { ...shownChange(source, change), id, file, line, operator, verdict, by, ms })
}

async function lane(): Promise<void> {
  const player = new Player(base)
  const untouched = await player.play(new Map())
  if (untouched.kind !== 'green') throw new Error(`untouched, and yet it fails: ${byOf(untouched)}`)
  for (let change = queue.shift(); change !== undefined; change = queue.shift()) await trial(player, change)
}

await Promise.all(Array.from({ length: PLAYERS }, lane))
process.exit(0)
