import type { SqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { LogSync } from './log-sync.ts'

/** The store of a folder's owner: SQLite writes a commit into its log, and nobody is told of it before the log is synced. */
export function ownersStore(
  sqlite: SqliteStore,
  parts: {
    readonly log: Pick<LogSync, 'sync'>
    readonly checkpoints: Pick<Checkpoints, 'committed'>
    readonly close: () => Promise<void>
  },
): Store {
  const { log, checkpoints, close } = parts
  return {
    ...sqlite,
    commit(apply, isAlone = false) {
      const result = sqlite.commit(apply)
      const durable = (): typeof result => {
        checkpoints.committed()
        return result
      }
      const syncing = log.sync(isAlone)
      return syncing === undefined ? durable() : syncing.then(durable)
    },
    [Symbol.asyncDispose]: close,
  }
}
