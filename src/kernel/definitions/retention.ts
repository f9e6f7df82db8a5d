import { durationMs } from '../../std/index.ts'
import type { Duration } from '../../std/index.ts'

/** How long the payloads of a run are kept after its end. */
export type Retention = Duration | 'forever'

/** A retention as a member of a definition; nothing when nothing was said. Throws `INPUT_INVALID`. */
export function retentionMember(retention: Retention | undefined): { readonly retentionMs?: number } {
  return retention === undefined ? {} : { retentionMs: retentionMs(retention) }
}

/** Milliseconds; `Infinity` for ever. */
export function retentionMs(retention: Retention): number {
  return retention === 'forever' ? Number.POSITIVE_INFINITY : durationMs(retention)
}
