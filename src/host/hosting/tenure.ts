/**
 * The time in which this program owns a folder, and how it comes to its end: by its own hand, at the request of a
 * successor, by a signal of the system, or by the failure of its store.
 *
 * Invariants:
 * 1. It ends once; everything is durable and the folder is free when `closed` resolves.
 * 2. A second signal ends the process as it would without us.
 */
import { toSkeinError } from '../../std/index.ts'
import type { Host } from './host.ts'

/** How a tenure ends. */
export type Closing = { readonly close: () => Promise<void>; readonly closed: Promise<void> }

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** A tenure before its host is there: a successor may ask while it is still being made. */
export function tenure() {
  const asked = Promise.withResolvers<void>()
  return {
    /** A successor asks. */
    leave: (): void => asked.resolve(),
    /** The host is there. */
    begin(host: Host & { readonly failed?: AbortSignal | undefined }, options: { heedsSignals: boolean }): Closing {
      const over = Promise.withResolvers<void>()
      // Who does not wait for the end is not told of a failure here either: every call says it.
      over.promise.catch(() => undefined)
      let closing: Promise<void> | undefined
      const close = (): Promise<void> => (closing ??= end())
      const leave = (): void => void close().catch(() => undefined)
      const end = async (): Promise<void> => {
        for (const signal of SIGNALS) process.off(signal, leave)
        try {
          await host[Symbol.asyncDispose]()
          over.resolve()
        } catch (thrown) {
          over.reject(thrown)
          throw thrown
        }
      }
      if (options.heedsSignals) for (const signal of SIGNALS) process.once(signal, leave)
      host.failed?.addEventListener('abort', () => over.reject(toSkeinError(host.failed?.reason, 'STORE_FAILED')))
      void asked.promise.then(leave)
      return { close, closed: over.promise }
    },
  }
}
