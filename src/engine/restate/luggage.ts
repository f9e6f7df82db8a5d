/** What a process was that has left and is not known to have arrived: read by whoever carries it, as often as it takes. */
import type { Outcome, StartRequest, Wait } from '../../kernel/index.ts'
import { PAGE_SEEN } from './limits.ts'
import type { OfMove } from './leaving.ts'
import { pageAfter } from './mail-page.ts'
import { SEEN } from './mailbox.ts'
import type { Shared } from './sdk.ts'
import type { MailboxRow, MailPage } from './wire.ts'

/** All of it but its mail and what it has heard. */
export type Luggage = {
  readonly row: MailboxRow
  readonly request: StartRequest
  readonly waits: readonly Wait[]
  readonly result: Outcome | null
}

/** Ids that were heard, and when; `next` where there are more. */
export type SeenPage = { readonly seen: readonly (readonly [id: string, at: number])[]; readonly next?: string }

/** Null of what has not left by this move, or has arrived. */
export async function luggage(ctx: Shared, { id }: OfMove): Promise<Luggage | null> {
  const [kept, before] = [ctx.get<MailboxRow>('row'), ctx.get<MailboxRow>('was')]
  const [asked, open, own] = [
    ctx.get<StartRequest>('request'),
    ctx.get<readonly Wait[]>('waits'),
    ctx.get<Outcome>('wasResult'),
  ]
  const [now, row] = [await kept, await before]
  const [request, waits, result] = [await asked, await open, await own]
  if (now?.left?.id !== id || now.left.isConfirmed === true || row === null || request === null) return null
  return { row, request, waits: waits ?? [], result }
}

/** Its mail, oldest first. Null as above: the mail of another move is not that of this one. */
export async function luggageMail(
  ctx: Shared,
  { id, after }: OfMove & { readonly after: number },
): Promise<MailPage | null> {
  return (await isHere(ctx, id)) ? pageAfter(ctx, await ctx.get<MailboxRow>('was'), after) : null
}

/** What it has heard. Null as above. */
export async function luggageSeen(
  ctx: Shared,
  { id, from }: OfMove & { readonly from?: string },
): Promise<SeenPage | null> {
  if (!(await isHere(ctx, id))) return null
  const keys = (await ctx.stateKeys()).filter((key) => key.startsWith(SEEN) && key >= (from ?? SEEN)).toSorted()
  const page = keys.slice(0, PAGE_SEEN)
  const times = page.map((key) => ctx.get<number>(key))
  const seen: [string, number][] = []
  for (const [i, key] of page.entries()) seen.push([key.slice(SEEN.length), (await times[i]!) ?? 0])
  const next = keys[PAGE_SEEN]
  return { seen, ...(next === undefined ? {} : { next }) }
}

async function isHere(ctx: Shared, id: string): Promise<boolean> {
  const [kept, before] = [ctx.get<MailboxRow>('row'), ctx.get<MailboxRow>('was')]
  const [now, was] = [await kept, await before]
  return now?.left?.id === id && now.left.isConfirmed !== true && was !== null
}
