/** A process as operators see it, put together from whatever an engine keeps. */
import type { Wait } from '../kernel/index.ts'
import type { Pid } from '../std/index.ts'
import type { ProcessStatus, ProcessView, Query } from './port.ts'

/** What a query looks at. */
export type Queried = {
  readonly root: Pid
  readonly parent?: Pid | null | undefined
  readonly workflow: string
  readonly status: ProcessStatus
}

/** Whether a process is among those that are asked for; when it ended and what was erased is not looked at. */
export function fits(seen: Queried, { root, parent, workflow, status }: Query): boolean {
  return (
    (root === undefined || root === seen.root) &&
    (parent === undefined || parent === seen.parent) &&
    (workflow === undefined || workflow === seen.workflow) &&
    (status === undefined || status.includes(seen.status))
  )
}

type Optional = 'heldBy' | 'parent' | 'endedAt' | 'result' | 'parked' | 'file' | 'summary'

/** What is kept of a process; null or undefined where there is nothing. */
export type KeptProcess = Omit<ProcessView, Optional | 'waits' | 'mailbox' | 'erased'> & {
  readonly [K in Optional]?: ProcessView[K] | null | undefined
} & { readonly erased?: { readonly at: number; readonly by: string; readonly whole: boolean } | null | undefined }

/** What an ended process has no more of; asked only of the others. */
export type OpenEnds = { readonly waits: () => readonly Wait[]; readonly mailbox: () => number }

/** Whether a process has come to its end. */
export const isOver = (status: ProcessStatus): boolean =>
  status === 'done' || status === 'failed' || status === 'cancelled'

/** The view of a process. */
export function processView(kept: KeptProcess, open: OpenEnds): ProcessView {
  const { pid, kind, workflow, root, depth, status, createdAt, updatedAt, epoch, activations } = kept
  const { parent, endedAt, result, parked, erased, file, summary, heldBy } = kept
  const isEnded = isOver(status)
  return {
    pid,
    kind,
    workflow,
    root,
    depth,
    status,
    createdAt,
    updatedAt,
    waits: isEnded ? [] : open.waits(),
    epoch,
    activations,
    mailbox: isEnded ? 0 : open.mailbox(),
    ...(parent == null ? {} : { parent }),
    ...(endedAt == null ? {} : { endedAt }),
    ...(result == null ? {} : { result }),
    ...(parked == null || status !== 'parked' ? {} : { parked }),
    ...(erased?.whole === true ? { erased: { at: erased.at, by: erased.by } } : {}),
    ...(heldBy == null ? {} : { heldBy }),
    ...(file == null ? {} : { file }),
    ...(summary == null ? {} : { summary }),
  }
}
