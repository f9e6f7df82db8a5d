/** What a tool call costs: itself, and its wall time. */
import type { Clock } from '../../std/index.ts'
import type { Amounts } from '../../kernel/index.ts'

/** The worst case. */
export function reserved(call: { readonly timeoutMs: number }): Amounts {
  return { toolCalls: 1, effectMs: call.timeoutMs }
}

/** Starts to measure. What goes beyond the time-out nobody reserved: it is not charged (rule E5). */
export function measured(clock: Clock, timeoutMs: number): () => Amounts {
  const startedMs = clock.monotonicMs()
  return () => ({ toolCalls: 1, effectMs: Math.min(Math.ceil(clock.monotonicMs() - startedMs), timeoutMs) })
}
