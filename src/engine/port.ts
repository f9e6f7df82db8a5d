/**
 * The engine port: what the kernel needs below it and operators need beside it. It is at the level of
 * operations, so that replication, fencing and placement come from an engine and are never ours.
 */
import type {
  Activation,
  Control,
  DeliverResult,
  Fact,
  Message,
  Outcome,
  Quarantine,
  Settlement,
  StartRequest,
  Summary,
  Wait,
} from '../kernel/index.ts'
import type { EffectKey, ErrorData, Epoch, Pid, Seq } from '../std/index.ts'

/** What an engine promises. */
export type EngineTraits = {
  readonly durability: 'memory' | 'fsync' | 'quorum'
  readonly nodes: 'one' | 'many'
  readonly ownerDeath: 'known' | 'presumed'
  readonly frameBytesMax: number
  /** Longest pause between two looks whether a process has ended elsewhere, where a look costs so much that they may be rare. */
  readonly endsLookMsMax?: number
}

/** `ready`: has something to do · `running`: resident · `waiting` · `parked`: needs an operator or other code · the rest: ended. */
export type ProcessStatus = 'ready' | 'running' | 'waiting' | 'parked' | 'done' | 'failed' | 'cancelled'

/** A process as operators see it. */
export type ProcessView = {
  readonly pid: Pid
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly parent?: Pid
  readonly root: Pid
  readonly depth: number
  readonly status: ProcessStatus
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt?: number
  readonly result?: Outcome
  readonly parked?: ErrorData
  readonly waits: readonly Wait[]
  /** Number of the move that holds it: nothing wakes it until that goes on, or lets it go. Only where moves hold (Restate). */
  readonly heldBy?: string
  readonly epoch: Epoch
  /** Number of activations so far, minus one = resumes. */
  readonly activations: number
  readonly mailbox: number
  readonly file?: string
  /** Its payloads are gone. */
  readonly erased?: { readonly at: number; readonly by: string }
  /** As of the last passivation; live views fold the facts instead. */
  readonly summary?: Summary
}

/** All members must hold. */
export type Query = {
  readonly root?: Pid
  readonly parent?: Pid
  readonly status?: readonly ProcessStatus[]
  readonly workflow?: string
  /** Only what has ended before that time. */
  readonly endedBefore?: number
  /** `false`: only what was not erased. */
  readonly isErased?: false
  readonly limit?: number
}

/** Something that an operator has switched off: `agent:NAME`, `workflow:NAME`, `tool:NAME`, `tenant:NAME`, `process:PID`. */
export type Switch = { readonly target: string; readonly by: string; readonly reason?: string; readonly at: number }

/** Switching something off, or on again. `now`: also break off local acts and reads that run. */
export type SwitchChange = { readonly target: string; readonly by: string } & (
  | { readonly to: 'off'; readonly reason?: string; readonly now?: boolean }
  | { readonly to: 'on' }
)

/** A sealed frame with its facts restored. */
export type Frame = {
  readonly pid: Pid
  readonly epoch: Epoch
  readonly n: number
  readonly facts: readonly Fact[]
  readonly prevHash: string
  readonly hash: string
}

/** What became of a settlement: passed on, repeated, kept for a wait that has not come, not wanted, or one too many. */
export type SettleResult = 'queued' | 'duplicate' | 'held' | 'unknown' | 'full'

/** Something changed; live views ask again. */
export type Change = { readonly pid: Pid; readonly status: ProcessStatus; readonly frame?: Frame }

/** How one host runs what it takes on. */
export type HostOptions = {
  /** Activations resident at once. */
  readonly residentMax?: number
  /**
   * Hears, when it is durable, that a process was parked of which `run` cannot say so: it could not be read, or `run` itself
   * has failed. Where many host, whoever waits looks, and this may be silent.
   */
  readonly onParked?: (pid: Pid) => void
}

/** What an erasure came to. */
export type Erased = { readonly payloads: number; readonly blobs: number }

/** What runs and keeps processes. */
export interface Engine extends AsyncDisposable {
  readonly traits: EngineTraits
  /**
   * Durable when it resolves; idempotent by pid. `created: false` when the pid exists already. Throws `RUN_NOT_AT_REST` where
   * a move is bringing it, and it cannot be found yet.
   */
  start(request: StartRequest): Promise<{ readonly pid: Pid; readonly created: boolean }>
  deliver(message: Message): Promise<DeliverResult>
  /**
   * Settles the effect that is pending under `token` (rule E10). What comes before its wait is durable is `held` for it,
   * unless `hold` is false: then nobody waits for it (`unknown`). `duplicate`: it has been settled.
   */
  settle(token: string, settlement: Settlement, hold?: boolean): Promise<SettleResult>
  /** Overtakes the mailbox; leaves a tombstone for a pid not yet started (rule C5). */
  control(pid: Pid, control: Control): Promise<'queued' | 'duplicate' | 'ended'>
  /** Controls that a process has not heard yet, oldest first; where workers may be absent for long, and the engine can tell. */
  pending?(pid: Pid): Promise<readonly Control[]>
  /** Durable when it resolves, and heard by every process from its next decision on. False when it was so already. */
  switch(change: SwitchChange): Promise<boolean>
  switches(): Promise<readonly Switch[]>
  /**
   * Erases the payloads of a process that has ended, or of one effect of it: its journal still verifies, and says who erased
   * what. Throws `PROCESS_UNKNOWN`, `PROCESS_NOT_ENDED`.
   */
  erase(pid: Pid, about: { readonly by: string; readonly key?: EffectKey }): Promise<Erased>
  /** Leaves nothing behind of what was erased or consumed, and gives the space back. Nothing else is done meanwhile. */
  compact(): Promise<void>
  /** Takes over everything unfinished and runs it until disposed (drain). */
  host(run: (activation: Activation) => Promise<void>, options?: HostOptions): Promise<AsyncDisposable>
  /** What was restored from a backup and not released yet: writes that no key protects wait for an operator. */
  readonly quarantine: Quarantine | undefined
  /** Puts what this engine keeps into quarantine, or (undefined) releases it; durable when it resolves. */
  setQuarantine(quarantine: Quarantine | undefined): Promise<void>
  inspect(pid: Pid): Promise<ProcessView | undefined>
  list(query: Query): AsyncIterable<ProcessView>
  history(pid: Pid, from?: Seq): AsyncIterable<Frame>
  watch(query: Query, signal: AbortSignal): AsyncIterable<Change>
}
