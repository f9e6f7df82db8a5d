/** The children that a fork's origin had under way where the fork branches off, by the pids its body saw (rule FK5). */
import type { EffectKey, Pid } from '../../std/index.ts'
import type { FactOf } from '../journal/facts.ts'
import { suffixed } from '../keys/key.ts'

/** A child of the origin. A fork holds it by name only: it is not its to wait for, to pay or to end. */
export type Inherited = {
  readonly key: EffectKey
  /** The origin had told it to end. */
  cancelled: boolean
  /** The fork knows its end, or that of the child it started in its place. */
  ended: boolean
}

/** A fold over shared facts. */
export class Inheritance extends Map<Pid, Inherited> {
  sent({ what, to, key }: FactOf<'sent'>): void {
    if (what === 'start') this.set(to, { key, cancelled: false, ended: false })
    const child = this.get(to)
    if (what === 'cancel' && child !== undefined) child.cancelled = true
  }

  /** The end of what stands in for a child is awaited again. */
  reopened(start: EffectKey): void {
    for (const child of this.values()) if (child.key === start) child.ended = false
  }

  /** What ended before the fork branched off is the origin's for good. */
  answered({ key, shared }: FactOf<'answered'>): void {
    for (const [pid, child] of this) {
      if (suffixed(child.key, 'end') !== key) continue
      if (shared === undefined) child.ended = true
      else this.delete(pid)
    }
  }
}
