/** What ^C does: the first one drains at a fact boundary, the second one kills. */
import type { Terminal } from './terminal.ts'

/** Aborted by the first signal, with its exit code. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal
  /** 130 after SIGINT, 143 after SIGTERM. */
  readonly exitCode: () => number
}

const CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** Listens until disposed. */
export function interruptible(terminal: Terminal): Interrupt {
  const controller = new AbortController()
  let code: number = CODES.SIGINT
  const listening = terminal.signals((signal) => {
    if (controller.signal.aborted) terminal.die(CODES[signal])
    code = CODES[signal]
    controller.abort()
  })
  return { signal: controller.signal, exitCode: () => code, [Symbol.dispose]: () => listening[Symbol.dispose]() }
}
