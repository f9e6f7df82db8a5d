/** What a machine can do to a life, put under it without its knowing: a clock that is off, a disk that takes its time. */
import { aroundCommits } from '../../src/testing/crash/fatal-commit.ts'
import type { Slowness } from './life-order.ts'

/** Moves the wall clock; the monotonic one stays. */
export function skewClock(ms: number): void {
  const now = Date.now.bind(Date)
  Date.now = () => now() + ms
}

/** Commits block for a while now and then, as an fsync does on a disk that is busy or ailing. */
export function slowCommits({ every, msMax }: Slowness): void {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  aroundCommits((commit) => {
    if (Math.random() * every < 1) Atomics.wait(cell, 0, 0, Math.random() * msMax)
    return commit()
  })
}
