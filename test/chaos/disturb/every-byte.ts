/**
 * A log that a power cut has torn at any byte of its last commit, each way that a byte can be: gone with all behind it, or
 * another one. What SQLite reads then must be the store before that commit or after it. At some of the bytes a host opens the
 * folder besides, and everything that it finds is judged.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../../src/engine/index.ts'
import { SkeinError } from '../../../src/std/index.ts'
import { readFolder } from '../folder.ts'
import type { Found } from '../folder.ts'
import { live } from '../life.ts'
import { loseIndex, tailOf, tear } from '../wal.ts'
import type { Tail } from '../wal.ts'
import type { Disturbance, Subject } from './disturbance.ts'
import { OPENING_COMMITS } from './kills.ts'

const FILES = ['skein.db', 'skein.db-wal'] as const
/** Bytes of one log at which a host opens what is left, in one run; the next run takes those beside them. */
const PLACES = 20
/** Bytes of one log at which it is read, where there is no time for each. */
const PLACES_READ_BRIEFLY = 400
/** Bytes between two breaths: other lives are led beside this one. */
const YIELD_EVERY = 16

/** A life is killed after a commit, and its log is torn at every byte of it; then the run goes on with the log as it was. */
export const everyByte: Disturbance = async (subject) => {
  const { place, order, n, commits, counts } = subject
  const at = OPENING_COMMITS + ((n * 5) % Math.max(1, commits - OPENING_COMMITS - 1)) + 1
  const { wasKilled } = await live(place, { ...order, life: 0, fatal: { n: at, when: 'after' } })
  if (wasKilled) counts.kills += 1
  const offences = wasKilled ? await tornEverywhere(subject) : []
  const last = await live(place, { ...order, life: 1 })
  const said = last.said
  const result = said !== undefined && 'result' in said ? said.result : undefined
  return { result, edges: [], offences }
}

async function tornEverywhere(subject: Subject): Promise<readonly string[]> {
  const { folder } = subject.order
  const tail = tailOf(join(folder, 'skein.db-wal'))
  if (tail === undefined) return []
  const copy = `${folder}-torn`
  const read = await readAtEach(subject, copy, tail)
  const offences = [...read, ...(await openedAtSome(subject, copy, tail))]
  rmSync(copy, { recursive: true, force: true })
  return offences
}

/** Cut and flipped at every byte, and read by SQLite: all rows of all tables. */
async function readAtEach(
  { order: { folder }, random, n, isBrief, counts }: Subject,
  copy: string,
  tail: Tail,
): Promise<readonly string[]> {
  copyFiles(folder, copy)
  const bytes = readFileSync(join(copy, 'skein.db-wal'))
  const wal = openSync(join(copy, 'skein.db-wal'), 'r+')
  const offences: string[] = []
  try {
    const after = rowsOf(copy)
    ftruncateSync(wal, tail.from)
    const before = rowsOf(copy)
    writeSync(wal, bytes, tail.from, bytes.length - tail.from, tail.from)
    if (before === after) offences.push('its last commit is nothing that could be lost')
    const judge = (at: number, how: string): void => {
      counts.tears += 1
      const rows = rowsOf(copy)
      if (rows !== before && rows !== after)
        offences.push(`neither before its last commit nor after it (${rows}), ${how} at byte ${at}`)
    }
    const length = tail.to - tail.from
    const stride = isBrief ? Math.max(1, Math.floor(length / PLACES_READ_BRIEFLY)) : 1
    for (let at = tail.from + (n % stride); at < tail.to; at += stride) {
      writeSync(wal, Buffer.from([(bytes[at] ?? 0) ^ (1 << random.between(0, 7))]), 0, 1, at)
      judge(at, 'flipped')
      if (at % YIELD_EVERY === 0) await new Promise(setImmediate)
      ftruncateSync(wal, at)
      judge(at, 'cut')
      writeSync(wal, bytes, at, bytes.length - at, at)
    }
  } finally {
    closeSync(wal)
  }
  return offences
}

/** A digest of all rows, as SQLite reads them after a power cut. */
function rowsOf(folder: string): string {
  loseIndex(folder)
  const digest = createHash('sha256')
  try {
    using db = new DatabaseSync(join(folder, 'skein.db'), { readOnly: true })
    const tables = db.prepare("select name from sqlite_schema where type = 'table' order by name").all()
    for (const { name } of tables) {
      digest.update(`${String(name)}\n`)
      for (const row of db.prepare(`select * from "${String(name)}"`).iterate())
        for (const cell of Object.values(row)) digest.update(cell instanceof Uint8Array ? cell : `${String(cell)}\t`)
    }
  } catch (thrown) {
    return `refused: ${String(thrown)}`
  }
  return digest.digest('hex')
}

/** Opened by a host at some of the bytes: nothing refused, no chain broken, and all that a reader sees is as it was. */
async function openedAtSome(
  { order: { folder }, random, n, counts }: Subject,
  copy: string,
  tail: Tail,
): Promise<readonly string[]> {
  const [without, with_] = [
    await opened(folder, copy, (wal) => tear(wal, tail.from, 'cut', random)),
    await opened(folder, copy, () => {}),
  ]
  const states = [without, with_].map((found) => found && stateOf(found))
  const offences: string[] = []
  const length = tail.to - tail.from
  const stride = Math.max(1, Math.floor(length / PLACES))
  for (let byte = n % stride; byte < length; byte += stride)
    for (const how of ['cut', 'flipped', 'zeroed'] as const) {
      const found = await opened(folder, copy, (wal) => tear(wal, tail.from + byte, how, random))
      counts.tears += 1
      if (found === undefined) offences.push(`refused: a log that was ${how} at byte ${tail.from + byte}`)
      else if (found.broken.length > 0)
        offences.push(`broken: ${found.broken.join(', ')}, ${how} at byte ${tail.from + byte}`)
      else if (!states.includes(stateOf(found)))
        offences.push(`lost: neither before its last commit nor after it, ${how} at byte ${tail.from + byte}`)
    }
  return offences
}

/** Opens a copy of a folder after something was done to its log; undefined when it says that it can't. */
async function opened(folder: string, copy: string, spoil: (wal: string) => void): Promise<Found | undefined> {
  copyFiles(folder, copy)
  spoil(join(copy, 'skein.db-wal'))
  try {
    const engine = await openEmbedded({ folder: copy, clock: nodeClock, random: nodeRandom, hash: nodeHash })
    await engine[Symbol.asyncDispose]()
  } catch (thrown) {
    if (thrown instanceof SkeinError) return undefined
    throw thrown
  }
  return readFolder(copy)
}

function copyFiles(folder: string, copy: string): void {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const file of FILES) if (existsSync(join(folder, file))) copyFileSync(join(folder, file), join(copy, file))
}

const stateOf = ({ journals }: Found): string => JSON.stringify(journals.map(({ pid, facts }) => [pid, facts]))
