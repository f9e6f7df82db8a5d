/** How a failure is shown: code, message, cause; a stack only when asked for. */
import { ERROR_CODES, SkeinError, toSkeinError } from '../../std/index.ts'
import type { ErrorCode } from '../../std/index.ts'
import type { Terminal } from './terminal.ts'

const CAUSES_MAX = 3

/** The exit code of an error code; 1 for a code of the user's own. */
export function exitCodeOf(code: string): number {
  return ERROR_CODES[code as ErrorCode]?.exit ?? 1
}

/** The lines of a failure. */
export function failureLines(error: SkeinError): readonly string[] {
  const lines = [`error ${error.code}: ${error.message}`]
  let cause = error.cause
  for (let i = 0; i < CAUSES_MAX && cause instanceof Error; i++) {
    if (cause.message !== '' && !lines.some((line) => line.includes((cause as Error).message)))
      lines.push(`  cause: ${cause.message}`)
    cause = cause.cause
  }
  return lines
}

/** Prints what was thrown and returns the exit code for it. */
export function printFailure(thrown: unknown, terminal: Terminal, json: boolean): number {
  const error = toSkeinError(thrown, 'INTERNAL')
  if (json)
    terminal.out(
      `${JSON.stringify({ error: { code: error.code, message: error.message, retryable: error.retryable } })}\n`,
    )
  else terminal.err(`${failureLines(error).join('\n')}\n`)
  const debug = terminal.env['SKEIN_DEBUG']
  if (debug !== undefined && debug !== '' && debug !== '0') terminal.err(`${stacks(error)}\n`)
  return exitCodeOf(error.code)
}

function stacks(error: Error): string {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? `${own}\ncaused by ${stacks(error.cause)}` : own
}
