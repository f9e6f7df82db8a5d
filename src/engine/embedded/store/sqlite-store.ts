/**
 * A store over one SQLite database.
 *
 * Invariants:
 * 1. Opening it raises the epoch; every commit checks in its own transaction that nobody raised it since (rule T1).
 * 2. A commit is all or nothing; after a failed one the caller must stop (rule T5).
 */
import type { DatabaseSync } from 'node:sqlite'
import { asEpoch, SkeinError } from '../../../std/index.ts'
import type { Epoch } from '../../../std/index.ts'
import type { LocalBlobs } from '../../blobs/blob-store.ts'
import type { EngineTraits } from '../../port.ts'
import { storeError } from './database.ts'
import type { Store } from './store.ts'
import { tablesOf } from './tables.ts'

/** A store whose commits are synchronous. */
export interface SqliteStore extends Store {
  commit<T>(apply: () => T): T
}

/** Takes over an open database as its owner. Disposing the store leaves the database open. */
export function sqliteStore(
  db: DatabaseSync,
  options: { readonly where: string; readonly durability: EngineTraits['durability']; readonly large?: LocalBlobs },
): SqliteStore {
  const tables = tablesOf(db, options.large)
  const begin = db.prepare('begin immediate')
  const end = db.prepare('commit')
  const transaction = <T>(apply: () => T): T => {
    try {
      begin.run()
      const result = apply()
      end.run()
      return result
    } catch (error) {
      if (db.isOpen && db.isTransaction) db.exec('rollback')
      throw storeError(error, options.where)
    }
  }
  const beginLook = db.prepare('begin')
  const epoch: Epoch = transaction(() => {
    const next = asEpoch(tables.meta.epoch() + 1)
    tables.meta.set('epoch', String(next))
    return next
  })
  const checkEpoch = (): void => {
    const now = tables.meta.epoch()
    if (now !== epoch)
      throw new SkeinError(
        'LOST_EPOCH',
        `${options.where} was taken over by another process (epoch ${now}, ours was ${epoch}); nothing more is written here`,
      )
  }
  return {
    epoch,
    durability: options.durability,
    tables,
    commit: (apply) =>
      transaction(() => {
        checkEpoch()
        return apply()
      }),
    reading(look) {
      if (!db.isOpen || db.isTransaction) return look()
      beginLook.run()
      try {
        return look()
      } finally {
        end.run()
      }
    },
    compact() {
      try {
        db.exec('vacuum; pragma wal_checkpoint(truncate)')
      } catch (error) {
        throw storeError(error, options.where)
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
