/** Mail as it lies in a mailbox, a page at a time. */
import { PAGE_BYTES_MAX, PAGE_MAIL } from './limits.ts'
import { mailKey, seqOf } from './mailbox.ts'
import type { Shared } from './sdk.ts'
import type { MailboxRow, MailEvent, MailItem, MailPage } from './wire.ts'

/** What came after number `after`, of what the row knows of. */
export async function pageAfter(ctx: Shared, row: MailboxRow | null, after: number): Promise<MailPage> {
  const lastSeq = row?.lastSeq ?? 0
  if (lastSeq <= after || (row?.count === 0 && row.lastControlSeq <= after))
    return { items: [], lastSeq, isWhole: true }
  const keys = (await ctx.stateKeys()).filter((key) => key > mailKey(after) && key <= mailKey(lastSeq)).toSorted()
  const items: MailItem[] = []
  let bytes = 0
  for (const key of keys.slice(0, PAGE_MAIL)) {
    if (bytes > PAGE_BYTES_MAX) break
    const event = await ctx.get<MailEvent>(key)
    if (event === null) continue
    items.push({ seq: seqOf(key), event })
    bytes += JSON.stringify(event).length
  }
  return { items, lastSeq, isWhole: items.length === keys.length }
}
