/**
 * A process arrives by a move, seen from its mailbox: its name is claimed, it comes in pages, and lies beside whatever stands
 * there until its run is whole.
 *
 * Invariants:
 * 1. Nothing of it is taken but under the claim of its move; a page that comes late changes nothing.
 * 2. While its name is claimed it is not started; a cancel that comes is heard when it is there.
 * 3. Until it is admitted nobody finds it: what is said to it is `unknown`, or `ended` where it had left. So nothing is lost when
 *    it is refused, and what stood there stands as it was.
 * 4. The name of a process whose move away is not ended, or which somebody erases at this moment, is not claimed: what lies
 *    there is wanted yet.
 */
import type { Outcome, StartRequest, Wait } from '../../kernel/index.ts'
import { isOver } from '../process-view.ts'
import { SEEN, mailKey } from './mailbox.ts'
import type { Mailbox } from './mailbox.ts'
import type { OfMove } from './leaving.ts'
import type { Shared } from './sdk.ts'
import type { MailboxRow, MailItem, Tombstone } from './wire.ts'

/** Where it lies until it is admitted. */
const COMING = 'coming'

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

/** Whether a name was claimed, or what stands there that is not to be touched. */
export type Claimed = 'claimed' | 'taken' | 'leaving' | 'erasing'

/** What stands in the way of a claim. */
function hindrance(row: MailboxRow | null): Exclude<Claimed, 'claimed'> | undefined {
  if (row === null) return undefined
  if (row.left === undefined) return 'taken'
  if (row.left.isConfirmed !== true) return 'leaving'
  return row.isErasing === true ? 'erasing' : undefined
}

/** Claims a name; again for each attempt. */
export async function claim(mailbox: Mailbox, { id, attempt }: OfAttempt): Promise<Claimed> {
  const [kept, mark] = [mailbox.row(), mailbox.tombstone()]
  const [row, tombstone] = [await kept, await mark]
  if (row?.held === id) return 'claimed'
  if (tombstone?.claim === id) {
    mailbox.ctx.set<Tombstone>('tombstone', { ...tombstone, attempt })
    return 'claimed'
  }
  if (tombstone !== null) return 'taken'
  const why = hindrance(row)
  if (why === undefined) mailbox.ctx.set<Tombstone>('tombstone', { claim: id, attempt })
  return why ?? 'claimed'
}

/** It does not come. */
export async function unclaim(mailbox: Mailbox, { id }: OfMove): Promise<void> {
  const { ctx } = mailbox
  const tombstone = await mailbox.tombstone()
  if (tombstone?.claim !== id) return
  await drop(mailbox)
  const { at, control } = tombstone
  // Where something stands a cancel was answered that it is over.
  if (control === undefined) ctx.clear('tombstone')
  else ctx.set<Tombstone>('tombstone', { at: at ?? 0, control })
}

/** What has come of it. Of what stands there nothing lies under these names. */
async function drop(mailbox: Mailbox): Promise<void> {
  const { ctx } = mailbox
  for (const key of [COMING, ...(await mailbox.mail())]) ctx.clear(key)
  for (const key of await ctx.stateKeys()) if (key.startsWith(SEEN)) ctx.clear(key)
}

/** A page of what it brings along. */
export async function receive(mailbox: Mailbox, { id, attempt, isFirst, mail, seen }: Page): Promise<void> {
  const { ctx } = mailbox
  const tombstone = await mailbox.tombstone()
  if (tombstone?.claim !== id || tombstone.attempt !== attempt) return
  if (isFirst) await drop(mailbox)
  for (const { seq, event } of mail) ctx.set(mailKey(seq), event)
  for (const [heard, at] of seen) ctx.set(`${SEEN}${heard}`, at)
}

/** All of it has come. */
export async function install(mailbox: Mailbox, given: Installed): Promise<void> {
  const tombstone = await mailbox.tombstone()
  if (tombstone?.claim !== given.id || tombstone.attempt !== given.attempt) return
  mailbox.ctx.set<Installed>(COMING, given)
}

/**
 * Its run is there, whole: the claim is over, and it stands there, held. A cancel that came meanwhile is its mail. What it
 * waits for; asked again, too.
 */
export async function admit(mailbox: Mailbox, { id }: OfMove): Promise<readonly Wait[]> {
  const { ctx } = mailbox
  const [mark, kept, given] = [mailbox.tombstone(), mailbox.row(), ctx.get<Installed>(COMING)]
  const [tombstone, before, coming] = [await mark, await kept, await given]
  if (before?.held === id) return mailbox.waits()
  if (tombstone?.claim !== id || coming === null) return []
  // Of what had left; letters that nobody received stay.
  for (const key of ['tombstone', COMING, 'result', 'waits']) ctx.clear(key)
  const row: MailboxRow = { ...coming.row, deadCount: before?.deadCount ?? 0, held: id }
  if (coming.isWanted) row.isWanted = true
  ctx.set('request', coming.request)
  if (coming.waits.length > 0) ctx.set('waits', coming.waits)
  if (coming.result !== null) ctx.set('result', coming.result)
  const { control, at } = tombstone
  if (control !== undefined && !isOver(row.status) && (await mailbox.seen(`c:${control.id}`)) === null) {
    mailbox.see(`c:${control.id}`, at ?? row.updatedAt)
    mailbox.store(row, { type: 'control', control }, 0)
    row.isWanted = true
  }
  mailbox.write(row)
  return coming.waits
}

/** Whether all of it has come by this move. */
export async function hasArrived(ctx: Shared, { id }: OfMove): Promise<boolean> {
  const [kept, coming] = [ctx.get<MailboxRow>('row'), ctx.get<Installed>(COMING)]
  return (await kept)?.held === id || (await coming)?.id === id
}

/** Whether nobody could come by that name; what has left is no hindrance. */
export async function isTaken(ctx: Shared): Promise<boolean> {
  const [kept, mark] = [ctx.get<MailboxRow>('row'), ctx.get<Tombstone>('tombstone')]
  const [row, tombstone] = [await kept, await mark]
  return tombstone !== null || (row !== null && row.left === undefined)
}
