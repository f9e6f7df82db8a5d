/**
 * The activation port: the one lane in which a resident process talks to its engine.
 * Only the kernel's loop calls these, one at a time; the order of calls is a function of the events so far.
 */
import type { EffectKey, Epoch, ErrorData, MessageId, OwnerId, Pid } from '../../std/index.ts'
import type { Amounts, Dimension } from '../accounts/amounts.ts'
import type { Abort } from '../effects/abort.ts'
import type { EffectClass, Fact, FactBody, WaitOn, WriteVerdict } from '../journal/facts.ts'
import type { ForkRequest, ForkWrites } from '../journal/fork.ts'
import type { Outcome, Payload } from '../journal/outcome.ts'

/** A message between processes, or from outside. */
export type Message = {
  readonly id: MessageId
  readonly to: Pid
  readonly from?: Pid
  readonly topic?: string
  readonly type?: string
  /** Correlates the answer of a `call` (rule M5). */
  readonly replyTo?: { readonly pid: Pid; readonly id: string }
  /** Of an answer: there is none, and why. */
  readonly failed?: ErrorData
  readonly body: Payload
}

/** How a pending effect came out at the far side, and who says so. */
export type Settlement = { readonly by: string } & (
  | { readonly how: 'done'; readonly value: Payload }
  | { readonly how: 'fail'; readonly reason: string }
)

/** What overtakes the mailbox (rule T2). `id` deduplicates. */
export type Control = { readonly id: string } & (
  | { readonly type: 'cancel'; readonly reason: string; readonly by: string }
  | {
      readonly type: 'approve'
      readonly key: EffectKey
      readonly verdict: 'approved' | 'denied'
      readonly by: string
      readonly reason?: string
    }
  /** Answers `ctx.ask` and `ctx.promise`. */
  | { readonly type: 'answer'; readonly key: EffectKey; readonly value: Payload; readonly by: string }
  | { readonly type: 'topUp'; readonly amounts: Amounts; readonly by: string }
  | {
      readonly type: 'resolve'
      readonly key: EffectKey
      /** The attempt that was in doubt when it was said: of a later one it says nothing. Absent: whichever is. */
      readonly attempt?: number
      readonly how: 'done' | 'again' | 'fail'
      readonly value?: Payload
      readonly reason?: string
      readonly by: string
    }
  /** Moves inside its segment to the newest code of its host, if that can go on from its facts (rule U3). */
  | { readonly type: 'upgrade'; readonly verdicts: readonly WriteVerdict[]; readonly by: string }
  /** Settles a pending effect (rule E10); `key` is the effect's. */
  | ({ readonly type: 'settle'; readonly key: EffectKey; readonly token: string } & Settlement)
  /**
   * A failed process goes on from the effect it failed by, and so do the children it failed by, down to the first that
   * failed; `from` says which effects of one of them are meant instead. A parked process is looked at again.
   * `dropAfter`: also where it did something after the failure that its code would not ask for again.
   */
  | {
      readonly type: 'reopen'
      readonly by: string
      readonly from?: { readonly pid: Pid; readonly keys: readonly EffectKey[] }
      readonly dropAfter?: boolean
      /** From its parent, which told it to end or was told of its end. */
      readonly fromParent?: true
      readonly withheld?: Amounts
      /** More for the process, and for the children that it failed by. */
      readonly topUp?: Amounts
    }
  /** Switches have changed: said by the host to what it has resident, never stored. `now`: break off what may be broken off. */
  | { readonly type: 'switched'; readonly now?: boolean }
  /** A child has too little in dimensions where it has no budget of its own. */
  | { readonly type: 'fund'; readonly child: Pid; readonly need: Amounts }
  /** The parent has not enough either, and does not wait for more. */
  | { readonly type: 'fundRefused'; readonly need: Amounts; readonly by: string }
  | {
      readonly type: 'childEnded'
      readonly child: Pid
      readonly key: EffectKey
      readonly outcome: Outcome
      readonly cap: Amounts
      readonly spent: Amounts
      readonly forfeited: Amounts
      /** What others than its parent added to its account: it raises its parent's cap too (rule G2). */
      readonly toppedUp?: Amounts
    }
)

/** What a driver says when an attempt is over. */
export type Settled = {
  readonly outcome: Outcome
  readonly actual?: Amounts
  /** The answer of a `reconcile` that was not `done` (rule E6). */
  readonly reconciled?: 'absent' | 'unknown'
  readonly note?: string
  /** The driver says that the answer comes later; `outcome` is then no outcome. */
  readonly pending?: { readonly token: string; readonly expiresMs: number | undefined }
}

/** What happens to a process: one queue, in order of arrival, control first. */
export type Event =
  | { readonly type: 'settled'; readonly key: EffectKey; readonly attempt: number; readonly settled: Settled }
  /** The engine's answer to a sent message or start. */
  | { readonly type: 'sent'; readonly key: EffectKey; readonly result: DeliverResult }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'timer'; readonly key: EffectKey }
  | { readonly type: 'control'; readonly control: Control }

/** `full`: mailbox limit · `refused`: unknown pid. */
export type DeliverResult = 'queued' | 'duplicate' | 'ended' | 'unknown' | 'full'

/** A store that was restored from a backup: what it does not know may have been done after that was taken. */
export type Quarantine = {
  /** Which life of the data this is; every restore begins another. */
  readonly incarnation: number
  readonly takenAt: number
  readonly restoredAt: number
  readonly by: string
}

/** A request to start a process; idempotent by pid. */
export type StartRequest = {
  readonly pid: Pid
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  /** The code that was meant; a host that no longer has it starts the newest of the name (rule U2). */
  readonly codeDigest?: string
  readonly input: Payload
  readonly root: Pid
  readonly depth: number
  readonly cap: Amounts
  readonly strict: boolean
  readonly parent?: { readonly pid: Pid; readonly key: EffectKey }
  /** Dimensions in which the parent gives more on demand: the child was given no budget of its own there. */
  readonly elastic?: readonly Dimension[]
  /** Whose it is: inherited by all below it. */
  readonly tenant?: string
  /** The file that holds the definition, so that any later command can load it. */
  readonly file?: string
  /** It begins with a part of another's journal; kind, workflow, file and input are then the origin's (rule FK1). */
  readonly fork?: ForkRequest
  /** Writes below a fork (rule FK3). */
  readonly writes?: ForkWrites
}

/** What a frame makes visible, in the same commit (rule T4). */
export type Outgoing =
  | { readonly type: 'message'; readonly key: EffectKey; readonly message: Message }
  | { readonly type: 'start'; readonly key: EffectKey; readonly request: StartRequest }
  /** To another process's control lane: child-ended to a parent, cancel to a child. No answer comes back. */
  | { readonly type: 'control'; readonly to: Pid; readonly control: Control }

/** A wait as an index row. */
export type Wait = { readonly key: EffectKey; readonly on: WaitOn }

/** What becomes visible with a frame. */
export type FrameEffects = {
  readonly consumed?: readonly MessageId[]
  /** Consumed messages that the receiver's schema refused: they go to the dead letters (rule M3). */
  readonly dead?: readonly { readonly id: MessageId; readonly why: string }[]
  readonly sent?: readonly Outgoing[]
  readonly waits?: readonly Wait[]
  readonly unwaits?: readonly EffectKey[]
}

/** Counters shown by operators' verbs; written when an activation ends, derivable from the facts at any time. */
export type Summary = {
  readonly effects: { readonly local: number; readonly read: number; readonly write: number }
  readonly repeated: number
  readonly spent: Amounts
  readonly reserved: Amounts
  readonly forfeited: Amounts
  readonly delegated: Amounts
  readonly facts: number
}

/** How an activation ends. */
export type CommitEnd =
  | { readonly type: 'wait'; readonly summary: Summary }
  | { readonly type: 'yield'; readonly summary: Summary }
  /** Not to be run until an operator or other code changes something. */
  | { readonly type: 'parked'; readonly error: ErrorData; readonly summary: Summary }
  | { readonly type: 'ended'; readonly result: Outcome; readonly summary: Summary }

/** What an engine tells of an effect that it lets begin; aborted by the engine, or from within when its time is up. */
export type PerformAbout = Abort & { readonly reexecution: boolean }

/** One residency of one process in one host. */
export interface Activation {
  readonly pid: Pid
  readonly epoch: Epoch
  /** Resolves when its beginning is durable; absent where it is. Until then nobody outside may hear of what it does. */
  readonly begun?: Promise<void> | undefined
  /** New for every attempt to run this activation. */
  readonly owner: OwnerId
  readonly start: StartRequest
  /** Facts of the open segment in `seq` order: from its snapshot (if any) on. A `born` fact of an older segment is given first. */
  readonly facts: readonly Fact[]
  /** Of a fork not yet born: its origin's facts, those of the segment that holds the point where it branches off, to the segment's end. */
  readonly origin?: readonly Fact[]
  /** `known`: the owner of any older attempt is surely dead, with its children (rule E8). */
  readonly ownerDeath: 'known' | 'presumed'
  /** Drain or lost epoch: never an outcome (rule E9). */
  readonly signal: AbortSignal
  /**
   * Its host is leaving. `writes`: begin no write that could not be repeated; `all`: decide nothing more. What is in
   * flight is still heard. What is not decided here is asked again by the next host.
   */
  readonly draining?: 'writes' | 'all' | undefined
  /** Its store was restored and not released yet: a write that no key protects waits for an operator. */
  readonly quarantine?: Quarantine | undefined
  /** The next event, or undefined when none came within `idleMs` (0 = only what is there). Rejects when the activation is over. */
  next(idleMs?: number): Promise<Event | undefined>
  /** Nondeterministic, synchronous, once per durable record; the recorded one comes back. */
  decide(make: () => readonly FactBody[]): readonly FactBody[] | Promise<readonly FactBody[]>
  /** Starts when all frames before it are durable (class `local`: at once). Its end comes by `next()`. */
  perform(
    effect: {
      readonly key: EffectKey
      readonly attempt: number
      readonly class: EffectClass
      readonly begun: OwnerId | undefined
      /** If its host leaves meanwhile it is done again, at no risk; a write without this is waited for. */
      readonly repeatable?: boolean
    },
    run: (about: PerformAbout) => Settled | Promise<Settled>,
  ): void
  abort(key: EffectKey): void
  /** Controls that `next` gave and that were not heard: they stay where they were, for the next activation. */
  putBack(controls: readonly Control[]): void
  /** Ordered, not awaited; durable before any later `perform` starts or any of its `sent` becomes visible. */
  frame(facts: readonly Fact[], effects: FrameEffects): void
  /** Durable; the activation is over. `wait` is refused (false) when an event has come meanwhile: go on with `next()`. */
  commit(end: CommitEnd): Promise<boolean>
}
