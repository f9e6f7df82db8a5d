/** What an activation and the server that it lives on say to each other, as data: mail, frames with all they make visible, ends. */
import type { BlobToStore, Control, Message, Outcome, Outgoing, SealedFrame, Summary, Wait } from '../kernel/index.ts'
import type { EffectKey, ErrorData } from '../std/index.ts'

/** Something that came for a process. */
export type MailEvent =
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'control'; readonly control: Control }

/** An event in a mailbox, numbered in order of arrival. */
export type MailItem = { readonly seq: number; readonly event: MailEvent }

/** Mail that a frame has consumed; messages give their room back. */
export type Consumed = { readonly seq: number; readonly bytes?: number; readonly deadFor?: string }

/** Tells an open handler of mail up to `seq`; small mail comes with it. */
export type MailSignal = {
  readonly seq: number
  readonly event?: MailEvent
  /** Not stored: switches have changed, and whoever is active hears it. */
  readonly switched?: { readonly now: boolean }
}

/** A page of mail. */
export type MailPage = { readonly items: readonly MailItem[]; readonly lastSeq: number; readonly isWhole: boolean }

/** How an activation ends; without a summary its host ends it. */
export type RestEnd =
  | { readonly type: 'wait' }
  | { readonly type: 'yield' }
  | { readonly type: 'parked'; readonly error: ErrorData }
  | { readonly type: 'ended'; readonly result: Outcome }

/** A frame as it is kept, with all that it makes visible. */
export type FrameRow = {
  readonly sealed?: SealedFrame
  /** Payloads too large for the frame; none where frames hold everything. */
  readonly blobs?: readonly BlobToStore[]
  readonly isSegmentStart?: true
  readonly sent: readonly Outgoing[]
  readonly waits: readonly Wait[]
  readonly unwaits: readonly EffectKey[]
  readonly consumed: readonly Consumed[]
}

/** The end of an activation, or the question whether it may be one. */
export type Ending = {
  readonly end: RestEnd
  readonly summary?: Summary
  readonly at: number
  /** Up to here the activation has heard of mail, and had when it began. */
  readonly heardSeq: number
  readonly firstSeq: number
  readonly wakeInMs?: number
}
