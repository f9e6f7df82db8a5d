/**
 * Brings the mail of a process from its mailbox into the queue of its activation.
 *
 * Invariants:
 * 1. Every event is taken once, in order of arrival: by its number, however often a signal tells of it.
 * 2. What comes with its signal is taken at once; where a number is missing, the mailbox is asked.
 */
import type { Arrived, MailRow } from './embedded/event-queue.ts'
import type { MailItem, MailPage, MailSignal } from './activation-rows.ts'

/** Where mail goes to, and comes from. */
export type IntakePorts = {
  readonly peek: (after: number) => Promise<MailPage>
  readonly take: (arrived: Arrived & { readonly row: MailRow }) => void
  /** The mailbox cannot be asked any more. */
  readonly fail: (error: unknown) => void
}

/** The intake of one activation. */
export class MailIntake {
  readonly #ports: IntakePorts
  /** Everything up to here has been taken. */
  heardSeq = 0
  /** What had come when the activation began. */
  firstSeq = 0
  #wantedSeq = 0
  #fetching: Promise<void> | undefined

  constructor(ports: IntakePorts) {
    this.#ports = ports
  }

  /** Takes what lies in the mailbox, from this first page on, but for what frames have consumed already. */
  async begin(first: MailPage, consumed: ReadonlySet<number>): Promise<void> {
    if (!this.#takePage(first, consumed)) await this.#fetch(consumed)
    this.firstSeq = this.heardSeq
  }

  hear({ seq, event }: MailSignal): void {
    if (seq <= this.heardSeq) return
    this.#wantedSeq = Math.max(this.#wantedSeq, seq)
    if (this.#fetching !== undefined) return
    if (event !== undefined && seq === this.heardSeq + 1) {
      this.heardSeq = seq
      this.#take({ seq, event })
      return
    }
    this.#fetching = this.#fetchWanted()
      .catch(this.#ports.fail)
      .finally(() => (this.#fetching = undefined))
  }

  async #fetchWanted(): Promise<void> {
    while (this.heardSeq < this.#wantedSeq) await this.#fetch(new Set())
  }

  async #fetch(consumed: ReadonlySet<number>): Promise<void> {
    while (!this.#takePage(await this.#ports.peek(this.heardSeq), consumed));
  }

  /** False when there is more. */
  #takePage({ items, lastSeq, isWhole }: MailPage, consumed: ReadonlySet<number>): boolean {
    for (const item of items) if (!consumed.has(item.seq)) this.#take(item)
    this.heardSeq = isWhole ? Math.max(lastSeq, this.heardSeq) : items.at(-1)!.seq
    return isWhole
  }

  #take({ seq, event }: MailItem): void {
    const bytes = event.type === 'message' ? Buffer.byteLength(JSON.stringify(event.message)) : undefined
    this.#ports.take({ event, row: { seq, ...(bytes === undefined ? {} : { bytes }) } as MailRow })
  }
}
