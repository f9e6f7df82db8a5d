import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SkeinError } from '../../../std/index.ts'
import type { Control, Quarantine } from '../../../kernel/index.ts'
import type { Hash, Pid } from '../../../std/index.ts'
import type { Engine } from '../../port.ts'
import type { LocalEngine } from '../local-engine.ts'
import { openForReader } from '../store/database.ts'
import { unpack } from '../store/pack.ts'
import { tablesOf } from '../store/tables.ts'
import { readSwitches } from '../switchboard.ts'
import { verifyJournals } from '../verify.ts'
import { Views } from '../views.ts'
import { blobFiles } from './blob-files.ts'
import { layoutOf } from './layout.ts'
import { syncLog } from './log-sync.ts'
import { isOwned } from './owner-lock.ts'

/** The reading verbs of a data folder. */
export interface FolderReader
  extends Pick<Engine, 'inspect' | 'list' | 'history' | 'switches'>, Pick<LocalEngine, 'verify'>, Disposable {
  /** A live owner runs what is in it. */
  isHosted(): boolean
  readonly quarantine: Quarantine | undefined
  /** Controls that the process has not heard yet, oldest first. */
  pending(pid: Pid): readonly Control[]
}

/**
 * Reads a data folder, with or without an owner beside it. Throws `FILE_UNREADABLE`, `DATA_FOLDER_CORRUPT`,
 * `DATA_FOLDER_NEWER` or `DATA_FOLDER_READ_ONLY`.
 */
export function readEmbedded(folder: string, hash: Hash): FolderReader {
  const at = resolve(folder)
  const { database, wal, blobs } = layoutOf(at)
  if (!existsSync(database)) {
    throw new SkeinError(
      'FILE_UNREADABLE',
      `there is no data of Skein in ${at}; run something, or name the right folder with --data`,
    )
  }
  const db = openForReader(database)
  const tables = tablesOf(db, blobFiles(blobs))
  // Its owner may have written what no disk has yet.
  const settled = (): Promise<void> => syncLog(wal)
  const views = new Views({ tables, isOwned: () => isOwned(at), settled })
  return {
    get quarantine() {
      return tables.meta.quarantine()
    },
    inspect: (pid) => views.inspect(pid),
    list: (query) => views.list(query),
    history: (pid, from) => views.history(pid, from),
    async switches() {
      const switches = readSwitches(tables)
      await settled()
      return switches
    },
    verify: (pid?: Pid) => verifyJournals(tables, hash, pid),
    isHosted: () => isOwned(at),
    pending: (pid) => {
      const found = tables.processes.find(pid)
      const rows = found === undefined ? [] : tables.controls.all(found.p)
      return rows.map((row) => unpack<Control>(row.text, tables.blobs.get))
    },
    [Symbol.dispose]: () => db.close(),
  }
}
