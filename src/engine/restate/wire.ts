/** What the parts of the Restate engine say to each other: names of its services, and the data that goes through them. */
import type {
  Control,
  DeliverResult,
  Outcome,
  Quarantine,
  SealedFrame,
  Settlement,
  StartRequest,
  Summary,
  Wait,
} from '../../kernel/index.ts'
import type { EffectKey, Epoch, ErrorData, OwnerId, Pid } from '../../std/index.ts'
import type { Consumed, Ending, FrameRow, MailPage } from '../activation-rows.ts'
import type { ProcessStatus, SwitchChange } from '../port.ts'

export type { Consumed, FrameRow, MailEvent, MailItem, MailPage, MailSignal } from '../activation-rows.ts'

/** The services of one installation; two of them on one server know nothing of each other. */
export type ServiceNames = {
  readonly process: string
  readonly mailbox: string
  readonly token: string
  readonly settings: string
  readonly departure: string
  readonly arrival: string
}

/** The names of an installation's services. */
export function namesOf(name: string): ServiceNames {
  return {
    process: `${name}.process`,
    mailbox: `${name}.mailbox`,
    token: `${name}.token`,
    settings: `${name}.settings`,
    departure: `${name}.departure`,
    arrival: `${name}.arrival`,
  }
}

/** The one key of the settings object. */
export const SETTINGS_KEY = 'all'

/** A process as its mailbox knows it. */
export type MailboxRow = {
  readonly pid: Pid
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly parent?: Pid
  readonly root: Pid
  readonly depth: number
  readonly file?: string
  status: ProcessStatus
  readonly createdAt: number
  updatedAt: number
  endedAt?: number
  epoch: Epoch
  activations: number
  summary?: Summary
  parked?: ErrorData
  erased?: { readonly at: number; readonly by: string; readonly whole: boolean }
  /** Somebody erases what it was, and has not come to the end: nobody comes by its name until then. */
  isErasing?: true
  /** Number of the last event that came, and of the last control. */
  lastSeq: number
  lastControlSeq: number
  /** Messages that lie there. */
  count: number
  bytes: number
  deadCount: number
  /** The handler that is open for it, or is to be its first one, and how many signals it was sent. */
  invocation?: string
  told: number
  /** Events consumed by the frames of the activation that is known. */
  consumed: number
  /** When it wants to be woken, and the earliest alarm that is on its way. */
  wakeAt?: number
  alarmAt?: number
  forgotAt: number
  /** Number of the move that holds it: nothing wakes it, and `isWanted` says that something would have. */
  held?: string
  isWanted?: true
  /** It has left by a move. */
  left?: Left
}

/** Where a process went, by which move. What it was lies beside it until it is known to have arrived. */
export type Left = {
  readonly id: string
  readonly target: string
  readonly by: string
  readonly at: number
  readonly isConfirmed?: true
}

/** Stands where no row stands yet: a cancel that came first (rule C5), or the number of a move that brings the process, or both. */
export type Tombstone = {
  readonly at?: number
  readonly control?: Control
  readonly claim?: string
  readonly attempt?: number
}

/** What is asked of a mailbox when a process is to be shown. */
export type MailboxView = {
  readonly row: MailboxRow
  readonly waits: readonly Wait[]
  readonly result?: Outcome
}

/** What an activation begins with. */
export type MailboxLoad = { readonly row: MailboxRow; readonly request: StartRequest; readonly mail: MailPage }

/**
 * A handler of a process is asked for; `isNew`: by its start, so that nothing is there yet. `request`: that start, where it is
 * short, so that its mailbox need not be asked. `isKnown`: the mailbox knows who it asks, and need not be told of the first
 * beginning.
 */
export type RunOrder = { readonly isNew?: boolean; readonly request?: StartRequest; readonly isKnown?: boolean }

/** Time at the caller, as handlers have none of their own. */
export type At = { readonly at: number }

/** An activation has begun. */
export type Began = At & { readonly invocation: string; readonly epoch: Epoch }

/** Mail that a durable frame consumed. */
export type Acknowledged = At & { readonly consumed: readonly Consumed[] }

/** The end of an activation, as its mailbox is asked whether it may. */
export type Rest = Ending & {
  readonly waits: readonly Wait[]
  readonly consumed: readonly Consumed[]
  /** Of the activation; workers of format 3 do not say it. */
  readonly epoch?: Epoch
}

/** A step of an erasure. `isLast`: nothing of it is to come any more. */
export type Erasing = At & { readonly by: string; readonly whole: boolean; readonly isLast?: true }
/** It may go on; or why not: nobody has that name, it has not ended, or a move takes it away, or brings somebody by its name. */
export type EraseAnswer = 'erased' | 'unknown' | 'open' | 'leaving' | 'arriving'

/** A start, as the answer tells it. `arriving`: a move brings somebody by that name, and nobody is there yet. */
export type Started = { readonly result: DeliverResult | 'arriving' }

/** One durable step of a process: one entry of the server's journal. */
export type Batch = {
  /** First of an activation: who runs it from here on. */
  readonly began?: { readonly owner: OwnerId; readonly epoch: Epoch }
  readonly at: number
  readonly frames: readonly FrameRow[]
  readonly rest?: Ending
  /** There is nothing to run. */
  readonly isVain?: true
}

/** Where a journal stands. */
export type Head = {
  /** Number of the next frame, and the hash it follows. */
  readonly n: number
  readonly hash: string
  readonly lastSeq: number
  readonly segmentN: number
  readonly epoch: Epoch
  /** Mail consumed since the process last rested: its mailbox may not have heard of it. */
  readonly consumed: readonly Consumed[]
  /** A handler is open, or came to a violent end: frames may lie beyond. */
  readonly isOpen: boolean
}

/** A frame in the state of its process, with what a violent end must not make forgotten. */
export type KeptFrame = SealedFrame & { readonly consumed?: readonly Consumed[]; readonly isSegmentStart?: true }

/**
 * What is open of a process: its waits before the last batch, and what each frame of that batch sent and did to them, behind
 * starts that nobody has answered yet. It is written before those frames, so that an end by force between them and what they
 * send leaves nothing half (rule R4).
 */
export type Openings = {
  readonly waits: readonly Wait[]
  readonly rows: readonly (Pick<FrameRow, 'sent' | 'waits' | 'unwaits'> & {
    /** Number of the frame; absent when it has no facts. */
    readonly n?: number
  })[]
}

/** What a process that is active stands at. */
export type Standing = { readonly epoch: Epoch; readonly waits: readonly Wait[] }

/** A page of a journal. */
export type FramePage = { readonly frames: readonly SealedFrame[]; readonly next: number | undefined }

/** A wait for a token, as its object knows it; told twice, `by` is the same. `hasMoved`: it was another place's before. */
export type TokenWait = { readonly pid: Pid; readonly key: EffectKey; readonly by: string; readonly hasMoved?: true }

/** A settlement on its way to its wait. */
export type TokenSettlement = At & { readonly settlement: Settlement; readonly hold: boolean }

/** A change of the settings. */
export type SettingsChange = At & {
  readonly change?: SwitchChange
  /** Null lifts it. */
  readonly quarantine?: Quarantine | null
}
