import type { Epoch } from '../../../std/index.ts'
import type { EngineTraits } from '../../port.ts'
import type { Tables } from './tables.ts'

/**
 * What the engine needs below it: tables and an atomic commit. `openEmbedded` puts a synced file under it,
 * `memoryMedium` a database in memory with faults.
 */
export interface Store extends AsyncDisposable {
  /** Of this opening; a later opening has a larger one and fences this one. */
  readonly epoch: Epoch
  readonly durability: EngineTraits['durability']
  /** Read at any time; written only by `apply` of a commit. */
  readonly tables: Tables
  /**
   * Runs `apply` in one transaction that checks the epoch (rule T1) and returns what it returned once that is durable.
   * Fails with `LOST_EPOCH`, `STORE_FULL` or `STORE_FAILED`, and then nothing of it was written. `isAlone`: nothing shares it.
   */
  commit<T>(apply: () => T, isAlone?: boolean): T | Promise<T>
  /** Many reads as one: each by itself takes its locks anew, which costs more than a look at a row. Not around a commit. */
  reading<T>(look: () => T): T
  /** Writes everything anew, so that nothing is left of what was deleted. Not inside a commit. */
  compact(): void
}
