/** Time as a port: the kernel and the engine read no clock of their own. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds that never go back; for durations. */
  monotonicMs(): number
  /** Calls `fire` once, not before `delayMs`. Disposing it first means it never fires. */
  timer(delayMs: number, fire: () => void): Disposable
}
