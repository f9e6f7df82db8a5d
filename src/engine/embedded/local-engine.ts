/** The engine of one owner, over any `Store`: what `openEmbedded` and the simulator share. */
import type { Switches } from '../../kernel/index.ts'
import type { Clock, Hash, Pid, Random, SkeinError } from '../../std/index.ts'
import type { Soon } from '../platform/soon.ts'
import type { Movable } from '../move/moved-run.ts'
import type { Engine } from '../port.ts'
import type { Store } from './store/store.ts'

/** Everything the engine touches: no I/O, time or randomness but through these. */
export type EngineParts = {
  /** The engine disposes it when it is disposed. */
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly hash: Hash
  readonly soon: Soon
}

/** Something in a journal that does not verify (rule J1). */
export type JournalProblem = { readonly pid: Pid; readonly n: number; readonly problem: string }

/** An engine whose store has one owner: this one. */
export interface LocalEngine extends Engine, Movable {
  /** Aborted, with the `SkeinError` as reason, when the store failed or the epoch was lost (rule T5): open it again. */
  readonly failed: AbortSignal
  /** What is switched off, for the kernel that it hosts. */
  readonly switchboard: Switches
  /** Checks the chain of every journal, or of one. */
  verify(pid?: Pid): AsyncIterable<JournalProblem>
  /** As `kill -9` would end it: nothing more is started, written or answered; activations reject with `why`. */
  abandon(why: SkeinError): void
}
