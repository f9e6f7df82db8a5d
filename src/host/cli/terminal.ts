/** The outside of the command line as a value, so that verbs run the same in a test as in a terminal. */
export interface Terminal {
  /** Text for standard output, newline included. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** True when people look at standard error live. */
  readonly isLive: boolean
  readonly columns: () => number
  readonly rows: () => number
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends the process here and now; nothing durable is lost by it. */
  die(code: number): never
  /** The command is over: what a user's file has left open does not keep the process. */
  leave(code: number): void
  /** Calls `heard` on SIGINT and SIGTERM until disposed. */
  signals(heard: (signal: 'SIGINT' | 'SIGTERM') => void): Disposable
  /** Calls `heard` with what nobody caught, until disposed. */
  uncaught(heard: (thrown: unknown) => void): Disposable
}

const COLUMNS_DEFAULT = 100
const ROWS_DEFAULT = 24
const LINGER_MS = 500

/** This process's own terminal. */
export function processTerminal(): Terminal {
  // A reader that goes away (`skein ps | head`) is no failure.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isLive: process.stderr.isTTY && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined,
    columns: () => process.stderr.columns || COLUMNS_DEFAULT,
    rows: () => process.stderr.rows || ROWS_DEFAULT,
    cwd: process.cwd(),
    env: process.env,
    die: (code) => process.exit(code),
    leave: (code) => void setTimeout(() => process.exit(code), LINGER_MS).unref(),
    uncaught(heard) {
      process.on('uncaughtException', heard).on('unhandledRejection', heard)
      return { [Symbol.dispose]: () => void process.off('uncaughtException', heard).off('unhandledRejection', heard) }
    },
    signals(heard) {
      const onInt = (): void => heard('SIGINT')
      const onTerm = (): void => heard('SIGTERM')
      process.on('SIGINT', onInt).on('SIGTERM', onTerm)
      return { [Symbol.dispose]: () => void process.off('SIGINT', onInt).off('SIGTERM', onTerm) }
    },
  }
}
