import type { BlobToStore, Outgoing, SealedFrame } from '../../kernel/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { LocalActivation } from './activation.ts'
import type { MailRow } from './event-queue.ts'
import type { Step } from './group-commit.ts'
import type { Interior } from './interior.ts'
import type { Arrival } from './post.ts'
import type { Prepared, PreparedWait } from './prepare.ts'
import { openedFrame } from './views.ts'

const NONE: readonly never[] = []

/**
 * A frame with everything it makes visible, ready to be committed (rule T4). Its facts are in it as text only: a thousand
 * frames may wait for their commit, and whatever they hold is copied by the garbage collector meanwhile.
 */
export type FrameToCommit = {
  /** Absent for a frame without facts. */
  readonly sealed: { readonly frame: SealedFrame; readonly blobs: readonly BlobToStore[] } | undefined
  /** A segment begins with it. */
  readonly isSnapshot: boolean
  readonly sent: readonly { readonly outgoing: Outgoing; readonly prepared: Prepared }[]
  readonly waits: readonly PreparedWait[]
  readonly consumed: readonly (MailRow & { readonly deadFor?: string })[]
  readonly controls: readonly number[]
  readonly unwaits: readonly EffectKey[]
}

/** The step that writes a frame, and tells everyone concerned when it is durable. */
export function frameStep(
  interior: Interior,
  activation: LocalActivation,
  frame: FrameToCommit,
  onDurable: () => void,
): Step {
  const { post, watchers } = interior
  const { sealed } = frame
  let arrivals: readonly Arrival[] = NONE
  let settled: readonly Arrival[] = NONE
  return {
    apply() {
      writeFrame(interior, activation, frame)
      if (frame.waits.length > 0)
        settled = frame.waits.flatMap(({ wait }) => post.settlements.opened(wait, activation.p) ?? [])
      if (frame.sent.length > 0) arrivals = frame.sent.map(({ prepared }) => post.apply(prepared))
    },
    done() {
      onDurable()
      for (const arrival of settled) post.arrive(arrival)
      for (const [i, arrival] of arrivals.length === 0 ? NONE : arrivals.entries()) {
        post.arrive(arrival)
        const { outgoing } = frame.sent[i]!
        if (outgoing.type !== 'control')
          activation.queue.push({ event: { type: 'sent', key: outgoing.key, result: arrival.result } })
      }
      if (watchers.areThere && sealed !== undefined)
        watchers.changed(activation.p, 'running', openedFrame(sealed.frame, interior.tables))
    },
    failed() {},
  }
}

function writeFrame(
  { tables, post, clock }: Interior,
  { p, pid }: LocalActivation,
  { sealed, isSnapshot, consumed, controls, unwaits, waits }: FrameToCommit,
): void {
  if (sealed !== undefined) {
    for (const blob of sealed.blobs) tables.blobs.put(blob)
    tables.journal.append(p, sealed.frame)
    if (isSnapshot) tables.processes.startSegment(p, sealed.frame.n)
  }
  for (const { seq, bytes, deadFor } of consumed) {
    if (deadFor !== undefined) tables.mailbox.buryOne(seq, pid, clock.now(), deadFor)
    tables.mailbox.remove(seq)
    post.meter.give(p, bytes)
  }
  for (const seq of controls) tables.controls.remove(seq)
  for (const key of unwaits) tables.waits.remove(p, key)
  for (const { wait, packed } of waits) {
    for (const blob of packed.blobs) tables.blobs.put(blob)
    tables.waits.put(p, wait.key, wait.on.kind, packed.text)
  }
}
