/**
 * Frames that the server has acknowledged to this worker a moment ago: they are durable in the journal of a handler, and
 * stand in the tables that views read only when the server has taken the handler's next step.
 *
 * Invariants:
 * 1. Of each resident process the last frames are kept, and only those.
 */
import type { Pid } from '../../std/index.ts'
import type { Frame } from '../port.ts'
import { RECENT_FRAMES_MAX } from './limits.ts'

/** The last frames of those who are resident. */
export class RecentFrames {
  readonly #frames = new Map<Pid, Frame[]>()

  add(pid: Pid, frame: Frame): void {
    const frames = this.#frames.get(pid)
    if (frames === undefined) {
      this.#frames.set(pid, [frame])
      return
    }
    frames.push(frame)
    if (frames.length > RECENT_FRAMES_MAX) frames.shift()
  }

  /** Those from number `n` on, without a gap. */
  from(pid: Pid, n: number): readonly Frame[] {
    const frames = (this.#frames.get(pid) ?? []).filter((frame) => frame.n >= n)
    return frames[0]?.n === n ? frames : []
  }

  forget(pid: Pid): void {
    this.#frames.delete(pid)
  }
}
