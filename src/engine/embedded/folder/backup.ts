/**
 * Backups: one consistent picture of a data folder, taken beside a live owner or without one.
 *
 * Invariants:
 * 1. The database is copied in one read transaction; a blob is on the disk before the frame that names it, and blobs are
 *    copied after the database: whatever the picture names is in it.
 * 2. A backup appears under its name when it is complete and synced; a restored folder likewise.
 * 3. Nothing is overwritten.
 */
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Quarantine } from '../../../kernel/index.ts'
import { SkeinError } from '../../../std/index.ts'
import type { Clock, Hash, Random } from '../../../std/index.ts'
import { openForReader, storeError } from '../store/database.ts'
import { metaTable } from '../store/meta-table.ts'
import { layoutOf } from './layout.ts'
import { openEmbedded } from './open-embedded.ts'
import { fileSha256 } from './file-sha256.ts'
import { syncFolder, syncTree } from './sync-folder.ts'

/** What a backup says of itself. */
export type BackupNote = {
  readonly format: 1
  /** Whatever was done later may be missing in it. */
  readonly takenAt: number
  readonly incarnation: number
  readonly processes: number
  readonly sha256: string
}

/** What a restore came to. */
export type Restored = { readonly folder: string; readonly quarantine: Quarantine; readonly processes: number }

const NOTE = 'backup.json'
/** All pages in one step: a picture that writers cannot change under our hands. */
const ALL_PAGES = 2 ** 31 - 1

/** Writes a backup of `from` as the new folder `to`, beside a live owner or without one. Throws `FOLDER_NOT_EMPTY`. */
export async function backupFolder(from: string, to: string, clock: Clock): Promise<BackupNote> {
  const source = layoutOf(resolve(from))
  const target = resolve(to)
  demandNew(target, 'a backup')
  if (!existsSync(source.database))
    throw new SkeinError('FILE_UNREADABLE', `there is no data of Skein in ${from}; name the right folder with --data`)
  const draft = `${target}.draft`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  try {
    const takenAt = clock.now()
    const { database, blobs } = layoutOf(draft)
    {
      using db = openForReader(source.database)
      await backup(db, database, { rate: ALL_PAGES })
    }
    if (existsSync(source.blobs))
      cpSync(source.blobs, blobs, { recursive: true, mode: constants.COPYFILE_FICLONE, filter: isNoDraft })
    const note = { format: 1 as const, takenAt, ...settle(database), sha256: await fileSha256(database) }
    writeFileSync(join(draft, NOTE), `${JSON.stringify(note, undefined, 2)}\n`, { mode: 0o600 })
    appear(draft, target)
    return note
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw storeError(error, target)
  }
}

/**
 * Makes the data folder `folder` of a backup: a new incarnation, in quarantine. Throws `FOLDER_NOT_EMPTY`,
 * `BACKUP_INVALID`.
 */
export async function restoreFolder(
  from: string,
  folder: string,
  about: { readonly by: string; readonly clock: Clock; readonly random: Random; readonly hash: Hash },
): Promise<Restored> {
  const source = resolve(from)
  const target = resolve(folder)
  const note = await noteOf(source)
  demandNew(target, 'a restored folder')
  const draft = `${target}.draft`
  rmSync(draft, { recursive: true, force: true })
  try {
    cpSync(source, draft, { recursive: true, mode: constants.COPYFILE_FICLONE, filter: (file) => !file.endsWith(NOTE) })
    const { by, ...ports } = about
    const { incarnation, takenAt, processes } = note
    const quarantine = { incarnation: incarnation + 1, takenAt, restoredAt: ports.clock.now(), by }
    {
      await using engine = await openEmbedded({ folder: draft, ...ports })
      await engine.setQuarantine(quarantine)
    }
    if (existsSync(target)) rmdirSync(target)
    appear(draft, target)
    return { folder: target, quarantine, processes }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw storeError(error, target)
  }
}

async function noteOf(source: string): Promise<BackupNote> {
  const invalid = (why: string): SkeinError =>
    new SkeinError('BACKUP_INVALID', `${source} ${why}; name a folder that skein backup has written`)
  let note: BackupNote
  try {
    note = JSON.parse(readFileSync(join(source, NOTE), 'utf8')) as BackupNote
  } catch {
    throw invalid('is no complete backup')
  }
  if (note.format !== 1) throw invalid(`is a backup of format ${String(note.format)}, and this Skein reads format 1`)
  const { database } = layoutOf(source)
  if (!existsSync(database) || (await fileSha256(database)) !== note.sha256)
    throw invalid('was changed since it was taken')
  return note
}

/** What only concerns the owner who was there does not go into the copy; it becomes one file without a log. */
function settle(database: string): Pick<BackupNote, 'incarnation' | 'processes'> {
  using db = new DatabaseSync(database)
  const meta = metaTable(db)
  meta.remove('owner')
  meta.remove('socket')
  const { n } = db.prepare('select count(*) as n from process').get() as { readonly n: number }
  const incarnation = meta.incarnation()
  db.exec('pragma wal_checkpoint(truncate)')
  return { incarnation, processes: n }
}

function appear(draft: string, target: string): void {
  syncTree(draft)
  renameSync(draft, target)
  syncFolder(dirname(target))
}

function demandNew(target: string, what: string): void {
  if (!existsSync(target) || readdirSync(target).length === 0) return
  throw new SkeinError(
    'FOLDER_NOT_EMPTY',
    `${target} is there already, and ${what} overwrites nothing; name a new folder, or move that one away`,
  )
}

const isNoDraft = (file: string): boolean => !file.endsWith('.draft')
