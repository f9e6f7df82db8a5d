/**
 * A store in memory that survives crashes of its owner and fails on command: the embedded engine's own tables, without a disk.
 *
 * Invariants:
 * 1. A commit becomes durable in one synchronous step, between `beforeCommit` and `afterCommit`.
 * 2. After `crash` no commit begun before becomes durable or is answered.
 */
import { openForOwner, storeError } from '../embedded/store/database.ts'
import { sqliteStore } from '../embedded/store/sqlite-store.ts'
import type { SqliteStore } from '../embedded/store/sqlite-store.ts'
import type { Store } from '../embedded/store/store.ts'

/** Where a simulated disk can misbehave. Both may return a promise: a slow disk. `n` counts the commits of this opening from 0. */
export type StoreFaults = {
  /** Before anything of commit `n` is written. A throw fails the commit, with nothing written. */
  readonly beforeCommit?: (n: number) => void | Promise<void>
  /** Commit `n` is durable but not reported yet: a crash here loses the answer, not the data. */
  readonly afterCommit?: (n: number) => void | Promise<void>
}

/** What survives a crash: the durable content of a store in memory. */
export interface MemoryMedium extends Disposable {
  /** Opens it as a new owner: the epoch grows, stores opened before are fenced. */
  open(faults?: StoreFaults): Store
  /** Commits that are not durable yet never will be; stores opened before answer no more. */
  crash(): void
}

const WHERE = 'the store in memory'
/** A promise of its own each time: a shared one would keep all who ever waited for it. */
const never = (): Promise<never> => new Promise(() => {})

/** An empty medium. Disposing it frees the memory. */
export function memoryMedium(): MemoryMedium {
  const db = openForOwner(':memory:')
  let power = new AbortController()
  return {
    open: (faults = {}) => faulty(sqliteStore(db, { where: WHERE, durability: 'memory' }), faults, power.signal),
    crash() {
      power.abort()
      power = new AbortController()
    },
    [Symbol.dispose]: () => db.close(),
  }
}

function faulty(store: SqliteStore, faults: StoreFaults, power: AbortSignal): Store {
  let commits = 0
  const slowly = async <T>(n: number, apply: () => T, before: void | Promise<void>): Promise<T> => {
    await before
    if (power.aborted) return never()
    const result = store.commit(apply)
    await faults.afterCommit?.(n)
    return power.aborted ? never() : result
  }
  return {
    epoch: store.epoch,
    durability: store.durability,
    tables: store.tables,
    commit<T>(apply: () => T): T | Promise<T> {
      if (power.aborted) return never()
      const n = commits++
      try {
        const before = faults.beforeCommit?.(n)
        if (before !== undefined || faults.afterCommit !== undefined) {
          return slowly(n, apply, before).catch((error: unknown) => {
            throw storeError(error, WHERE)
          })
        }
        return store.commit(apply)
      } catch (error) {
        throw storeError(error, WHERE)
      }
    },
    reading: (look) => store.reading(look),
    compact: () => store.compact(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
