/** The end of an activation as a step of a commit. */
import type { CommitEnd, Outcome } from '../../kernel/index.ts'
import { unreachable } from '../../std/index.ts'
import type { SkeinError } from '../../std/index.ts'
import type { ProcessStatus } from '../port.ts'
import type { LocalActivation } from './activation.ts'
import type { Step } from './group-commit.ts'
import type { Interior } from './interior.ts'
import { errorText } from './prepare.ts'
import { pack } from './store/pack.ts'
import type { Packed } from './store/pack.ts'

/** How an activation ends; the host parks without a summary what it could not run. */
export type Rest =
  | CommitEnd
  | {
      readonly type: 'parked'
      readonly error: Extract<CommitEnd, { type: 'parked' }>['error']
      readonly summary?: undefined
    }

type Answer = { readonly resolve: (hasEnded: boolean) => void; readonly reject: (error: SkeinError) => void }

/** Where the process goes; undefined when it stays, because something has come meanwhile. */
type Move = { readonly status: ProcessStatus; readonly wakeAt?: number | undefined }

/** Why a message of a process that has ended lies with the dead letters. */
export const UNHEARD = 'the process ended without receiving it'

/** What a process is that has come to this result. */
export function endStatus(result: Outcome): ProcessStatus {
  switch (result.type) {
    case 'ok':
      return 'done'
    case 'cancelled':
      return 'cancelled'
    case 'error':
    case 'unknown':
      return 'failed'
  }
}

function moveOf(activation: LocalActivation, end: Rest): Move | undefined {
  const { queue, expected, timers } = activation
  switch (end.type) {
    case 'ended':
      return { status: endStatus(end.result) }
    case 'parked':
      // Only a control that came after it was loaded can change its mind: an older one would make it park in a loop.
      return { status: expected > 0 || (activation.hasNewControl && queue.hasControls) ? 'ready' : 'parked' }
    case 'yield':
      return { status: 'ready' }
    case 'wait':
      return queue.isEmpty && expected === 0 ? { status: 'waiting', wakeAt: timers.earliest } : undefined
    default:
      return unreachable(end, 'end of an activation')
  }
}

/** The step that ends an activation as `end` says; `answer` hears `false` when it goes on instead. */
export function restStep(interior: Interior, activation: LocalActivation, end: Rest, answer: Answer): Step {
  const packed = end.type === 'ended' ? pack(end.result, interior.hash) : undefined
  const summary = end.summary && JSON.stringify(end.summary)
  const error = end.type === 'parked' ? errorText(end.error) : undefined
  let move: Move | undefined
  return {
    apply() {
      move = moveOf(activation, end)
      if (move === undefined) return
      const { controls, processes } = interior.tables
      for (const { seq } of activation.handedControls) controls.remove(seq)
      if (packed !== undefined) return writeEnd(interior, activation, { packed, summary, status: move.status })
      processes.rested(activation.p, {
        ...move,
        summary,
        parked: move.status === 'parked' ? error : undefined,
        now: interior.clock.now(),
      })
    },
    done() {
      if (move === undefined) return answer.resolve(false)
      activation.close()
      interior.residents.rested(activation.p, { isAwake: move.status === 'ready', wakeAt: move.wakeAt })
      interior.watchers.changed(activation.p)
      answer.resolve(true)
    },
    failed: answer.reject,
  }
}

function writeEnd(
  { tables, post, clock }: Interior,
  { p, pid }: LocalActivation,
  end: { readonly packed: Packed; readonly status: ProcessStatus; readonly summary: string | undefined },
): void {
  const now = clock.now()
  for (const blob of end.packed.blobs) tables.blobs.put(blob)
  tables.processes.ended(p, { status: end.status, result: end.packed.text, summary: end.summary, now })
  tables.waits.clear(p)
  tables.controls.bury(p, pid, now, UNHEARD)
  tables.mailbox.bury(p, pid, now, UNHEARD)
  post.meter.forget(p)
}
