/**
 * A process leaves by a move, seen from its mailbox: held, gone, known to have arrived, or back again.
 *
 * Invariants:
 * 1. Held, it takes what comes as ever, and is not woken; released, it is woken if anything would have.
 * 2. Gone, it has ended here, and what it was is kept beside it until it is known to have arrived.
 * 3. Each step names the move, and changes nothing when it is asked for again.
 */
import type { Outcome, Wait } from '../../kernel/index.ts'
import type { ErrorData } from '../../std/index.ts'
import { SkeinError } from '../../std/index.ts'
import { demandUnpaused, hasMoved, notAtRest } from '../move/at-rest.ts'
import { isOver } from '../process-view.ts'
import type { Mailbox } from './mailbox.ts'
import { SEEN } from './mailbox.ts'
import { expectAlarm } from './resting.ts'
import type { Left, MailboxRow } from './wire.ts'

/** Whose step it is. */
export type OfMove = { readonly id: string }

/** Held, with what it waits for; or why it cannot go. */
export type Hold = { readonly waits: readonly Wait[]; readonly isOver: boolean } | { readonly refused: ErrorData }

/** Holds a process that rests. One that has left by the same move is as good as held. */
export async function hold(mailbox: Mailbox, { id }: OfMove): Promise<Hold> {
  const row = await mailbox.row()
  const pid = mailbox.ctx.key as MailboxRow['pid']
  if (row === null) return { refused: notAtRest(pid, 'has not begun').toJSON() }
  const { left } = row
  if (left?.id === id) return { waits: [], isOver: true }
  if (left !== undefined) return { refused: hasMoved(row.root, left.target, left.isConfirmed === true).toJSON() }
  if (row.held !== undefined && row.held !== id)
    return { refused: notAtRest(pid, 'is on the way by another move').toJSON() }
  if (row.status === 'ready' || row.status === 'running')
    return { refused: notAtRest(pid, row.status === 'ready' ? 'has not come to rest' : 'is with a worker').toJSON() }
  const waits = isOver(row.status) ? [] : await mailbox.waits()
  try {
    demandUnpaused(
      pid,
      [],
      waits.some(({ on }) => on.kind === 'switch'),
    )
  } catch (thrown) {
    if (SkeinError.isInstance(thrown)) return { refused: thrown.toJSON() }
    throw thrown
  }
  row.held = id
  mailbox.write(row)
  return { waits, isOver: isOver(row.status) }
}

/** It goes on here, from now on. */
export async function release(mailbox: Mailbox, { id }: OfMove): Promise<void> {
  const row = await mailbox.row()
  if (row?.held !== id) return
  const at = await mailbox.ctx.date.now()
  const { isWanted } = row
  delete row.held
  delete row.isWanted
  if (isWanted === true) return mailbox.wake(row, at)
  if (row.status === 'waiting' && row.wakeAt !== undefined) expectAlarm(mailbox, row, { at, inMs: row.wakeAt - at })
  mailbox.write(row)
}

/** It ends here. What came while it was held goes along. */
export async function leave(
  mailbox: Mailbox,
  { result, ...left }: Omit<Left, 'isConfirmed'> & { readonly result: Outcome },
): Promise<void> {
  const { ctx } = mailbox
  const row = await mailbox.row()
  if (row?.held !== left.id) return
  const { isWanted, held: _, ...was } = row
  ctx.set<MailboxRow>('was', isWanted === true ? { ...was, status: 'ready' } : was)
  const own = await mailbox.result()
  if (own !== null) ctx.set('wasResult', own)
  ctx.set('result', result)
  row.status = 'cancelled'
  row.endedAt ??= left.at
  row.updatedAt = left.at
  row.count = 0
  row.bytes = 0
  row.left = left
  for (const gone of ['held', 'isWanted', 'parked', 'wakeAt'] as const) delete row[gone]
  mailbox.write(row)
}

/** It was refused where it should go: it is what it was, held still. */
export async function comeBack(mailbox: Mailbox, { id }: OfMove): Promise<readonly Wait[]> {
  const { ctx } = mailbox
  const row = await mailbox.row()
  const [kept, own, open] = [ctx.get<MailboxRow>('was'), mailbox.result(), ctx.get<Outcome>('wasResult')]
  const [was, before] = [await kept, await open]
  await own
  if (row?.held === id) return mailbox.waits()
  if (row?.left?.id !== id || was === null) return []
  // Letters that nobody received meanwhile are counted on; its alarm may have rung for nothing.
  const { alarmAt: _, ...rest } = was
  mailbox.write({
    ...rest,
    deadCount: row.deadCount,
    held: id,
    ...(was.status === 'ready' ? { isWanted: true } : {}),
  })
  if (before === null) ctx.clear('result')
  else ctx.set('result', before)
  for (const key of ['was', 'wasResult']) ctx.clear(key)
  return mailbox.waits()
}

/** It is known to have arrived: what it was is kept no longer. */
export async function confirm(mailbox: Mailbox, { id }: OfMove): Promise<void> {
  const { ctx } = mailbox
  const row = await mailbox.row()
  if (row?.left?.id !== id || row.left.isConfirmed === true) return
  row.left = { ...row.left, isConfirmed: true }
  mailbox.write(row)
  // By this name nobody comes before it is confirmed: all that lies there is of who has left.
  for (const key of ['was', 'wasResult', 'waits', ...(await mailbox.mail())]) ctx.clear(key)
  for (const key of await ctx.stateKeys()) if (key.startsWith(SEEN)) ctx.clear(key)
}
