import { limits } from '../../std/index.ts'
import type { MailboxTable } from './store/mailbox-table.ts'
import type { P } from './store/process-table.ts'

const METERS_MAX = 10_000

/** How full mailboxes are (rule M6), so that a delivery need not count rows. A cache: what is absent is counted. */
export class MailboxMeter {
  readonly #mailbox: MailboxTable
  readonly #sizes = new Map<P, { count: number; bytes: number }>()

  constructor(mailbox: MailboxTable) {
    this.#mailbox = mailbox
  }

  /** Takes room for one message; false when the mailbox is full. Called before the row is written. */
  take(p: P, bytes: number): boolean {
    let size = this.#sizes.get(p)
    if (size === undefined) {
      if (this.#sizes.size >= METERS_MAX) this.#sizes.clear()
      this.#sizes.set(p, (size = { ...this.#mailbox.size(p) }))
    }
    if (size.count >= limits.MAILBOX_MESSAGES_MAX || size.bytes + bytes > limits.MAILBOX_BYTES_MAX) return false
    size.count += 1
    size.bytes += bytes
    return true
  }

  /** A message was consumed. */
  give(p: P, bytes: number): void {
    const size = this.#sizes.get(p)
    if (size === undefined) return
    size.count -= 1
    size.bytes -= bytes
  }

  /** The mailbox is no more. */
  forget(p: P): void {
    this.#sizes.delete(p)
  }
}
