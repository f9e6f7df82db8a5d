/**
 * A process arrives by a move, seen from its mailbox: its name is claimed, it comes in pages, and stands there held.
 *
 * Invariants:
 * 1. Nothing of it is taken but under the claim of its move; a page that comes late changes nothing.
 * 2. While its name is claimed it is not started; a cancel that comes is heard when it is there.
 */
import type { Outcome, StartRequest, Wait } from '../../kernel/index.ts'
import { isOver } from '../process-view.ts'
import { DEAD, mailKey, SEEN } from './mailbox.ts'
import type { Mailbox } from './mailbox.ts'
import { release } from './leaving.ts'
import type { OfMove } from './leaving.ts'
import type { Shared } from './sdk.ts'
import type { MailboxRow, MailItem, Tombstone } from './wire.ts'

/** A claim, with what stood there before: a process that had left. */
type Claim = Tombstone & { readonly before?: { readonly row: MailboxRow; readonly result: Outcome | null } }

/** Whose step it is; whoever goes on with a move that broke off makes another attempt, and nothing of the one before is taken. */
export type OfAttempt = OfMove & { readonly attempt: number }

/** Mail and ids that were heard. `isFirst`: nothing may be left of what was there. */
export type Page = OfAttempt & {
  readonly isFirst: boolean
  readonly mail: readonly MailItem[]
  readonly seen: readonly (readonly [id: string, at: number])[]
}

/** What is shown of it from then on. */
export type Installed = OfAttempt & {
  readonly row: Omit<MailboxRow, 'held' | 'isWanted' | 'left' | 'deadCount'>
  /** It has something to do, or is worth a look. */
  readonly isWanted: boolean
  readonly request: StartRequest
  readonly waits: readonly Wait[]
  readonly result: Outcome | null
}

const claimOf = (mailbox: Mailbox): Promise<Claim | null> => mailbox.ctx.get<Claim>('tombstone')

/** False when somebody has that name. */
export async function claim(mailbox: Mailbox, { id, attempt }: OfAttempt): Promise<boolean> {
  const [kept, mark, ended] = [mailbox.row(), claimOf(mailbox), mailbox.result()]
  const [row, tombstone, result] = [await kept, await mark, await ended]
  const isOurs = tombstone?.claim === id
  if (row?.held === id) return true
  if (!isOurs && (tombstone !== null || (row !== null && row.left === undefined))) return false
  const before = row === null ? {} : { before: { row, result } }
  mailbox.ctx.set<Claim>('tombstone', isOurs ? { ...tombstone, attempt } : { claim: id, attempt, ...before })
  return true
}

/** It does not come. */
export async function unclaim(mailbox: Mailbox, { id }: OfMove): Promise<void> {
  const { ctx } = mailbox
  const tombstone = await claimOf(mailbox)
  if (tombstone?.claim !== id) return
  const { before, at, control } = tombstone
  const row = await mailbox.row()
  if (before !== undefined) {
    // What was told of it meanwhile is counted on.
    mailbox.write({ ...before.row, deadCount: Math.max(before.row.deadCount, row?.deadCount ?? 0) })
    if (before.result !== null) ctx.set('result', before.result)
  } else if (row !== null) await empty(mailbox)
  if (control === undefined || before !== undefined) ctx.clear('tombstone')
  else ctx.set<Tombstone>('tombstone', { at: at ?? 0, control })
}

/** All but letters that nobody received. */
async function empty({ ctx }: Mailbox): Promise<void> {
  for (const key of await ctx.stateKeys()) if (!key.startsWith(DEAD) && key !== 'tombstone') ctx.clear(key)
}

/** A page of what it brings along. */
export async function receive(mailbox: Mailbox, { id, attempt, isFirst, mail, seen }: Page): Promise<void> {
  const { ctx } = mailbox
  const [mark, kept] = [claimOf(mailbox), mailbox.row()]
  const [tombstone, row] = [await mark, await kept]
  if (tombstone?.claim !== id || tombstone.attempt !== attempt || row?.held === id) return
  if (isFirst) {
    await empty(mailbox)
    // Until it is there, it is known where it is not.
    if (tombstone.before !== undefined) mailbox.write(tombstone.before.row)
  }
  for (const { seq, event } of mail) ctx.set(mailKey(seq), event)
  for (const [heard, at] of seen) ctx.set(`${SEEN}${heard}`, at)
}

/** It is there, and held. */
export async function install(mailbox: Mailbox, given: Installed): Promise<void> {
  const { ctx } = mailbox
  const { id, attempt, request, waits, result } = given
  const [mark, kept] = [claimOf(mailbox), mailbox.row()]
  const [tombstone, before] = [await mark, await kept]
  if (tombstone?.claim !== id || tombstone.attempt !== attempt || before?.held === id) return
  const row: MailboxRow = { ...given.row, deadCount: before?.deadCount ?? 0, held: id }
  if (given.isWanted) row.isWanted = true
  ctx.set('request', request)
  if (waits.length > 0) ctx.set('waits', waits)
  if (result === null) ctx.clear('result')
  else ctx.set('result', result)
  mailbox.write(row)
}

/** Its run is there, whole: the claim is over, and it goes on. A cancel that came meanwhile is its mail. */
export async function settleIn(mailbox: Mailbox, { id }: OfMove): Promise<void> {
  const [mark, kept] = [claimOf(mailbox), mailbox.row()]
  const [tombstone, row] = [await mark, await kept]
  if (tombstone?.claim === id && row?.held === id) {
    const { control, at } = tombstone
    mailbox.ctx.clear('tombstone')
    if (control !== undefined && !isOver(row.status)) {
      mailbox.see(`c:${control.id}`, at ?? row.updatedAt)
      mailbox.store(row, { type: 'control', control }, 0)
      mailbox.wake(row, at ?? row.updatedAt)
    }
  }
  await release(mailbox, { id })
}

/** Whether it stands there, held by this move. */
export async function hasArrived(ctx: Shared, { id }: OfMove): Promise<boolean> {
  return (await ctx.get<MailboxRow>('row'))?.held === id
}

/** Whether nobody could come by that name; what has left is no hindrance. */
export async function isTaken(ctx: Shared): Promise<boolean> {
  const [kept, mark] = [ctx.get<MailboxRow>('row'), ctx.get<Tombstone>('tombstone')]
  const [row, tombstone] = [await kept, await mark]
  return tombstone !== null || (row !== null && row.left === undefined)
}
