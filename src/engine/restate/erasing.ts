/**
 * A process that has ended is erased, seen from its mailbox: marked before its journal is, so that nobody goes on from it
 * (rule J1), and cleared of what it was given and gave when nothing else is left.
 *
 * Invariants:
 * 1. Nothing is erased that a move may want yet: of what leaves, and of what comes by that name.
 * 2. Between the first step and the last nobody comes by the name of a process that had left (decision 065).
 */
import { isOver } from '../process-view.ts'
import { withoutPayloads } from './mailbox.ts'
import type { DeadLetter, Mailbox } from './mailbox.ts'
import type { Erasing, EraseAnswer } from './wire.ts'

/** A step of an erasure; asked again, it ends as the first time. */
export async function erase(mailbox: Mailbox, { at, by, whole, isLast }: Erasing): Promise<EraseAnswer> {
  const [kept, mark] = [mailbox.row(), mailbox.tombstone()]
  const [row, tombstone] = [await kept, await mark]
  if (row === null) return 'unknown'
  if (!isOver(row.status)) return 'open'
  // What it was may be wanted yet.
  if (row.held !== undefined || (row.left !== undefined && row.left.isConfirmed !== true)) return 'leaving'
  // What lies in its journal and outside may be of the run that comes.
  if (tombstone?.claim !== undefined) return 'arriving'
  row.erased = { at, by, whole: whole || row.erased?.whole === true }
  if (row.left !== undefined) row.isErasing = true
  if (isLast === true) delete row.isErasing
  if (whole) await clear(mailbox)
  mailbox.write(row)
  return 'erased'
}

async function clear(mailbox: Mailbox): Promise<void> {
  const { ctx } = mailbox
  for (const name of ['request', 'result']) {
    const value = await ctx.get<object>(name)
    if (value !== null) ctx.set(name, withoutPayloads(value))
  }
  for (const key of await mailbox.deadLetters()) {
    const letter = await ctx.get<DeadLetter>(key)
    if (letter !== null) ctx.set(key, withoutPayloads(letter))
  }
}
