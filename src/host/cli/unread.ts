/** How a verb about many says which processes it could not read. */
import type { Unread } from '../operate/find.ts'
import { shortPid } from '../words/pid.ts'
import type { Terminal } from './terminal.ts'
import type { Typed } from './verb.ts'

const SHOWN_MAX = 20

/** Says each on standard error; with --json they stand among what is printed. Returns how many there are. */
export function tellUnread(unread: readonly Unread[], typed: Typed, terminal: Terminal): number {
  if (typed.has('json')) return unread.length
  for (const { pid, unread: error } of unread.slice(0, SHOWN_MAX))
    terminal.err(`error ${error.code}: ${shortPid(pid)}: ${error.message}\n`)
  if (unread.length > SHOWN_MAX) terminal.err(`… and ${unread.length - SHOWN_MAX} more; --json names all of them\n`)
  return unread.length
}
