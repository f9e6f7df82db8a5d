import type { Clock } from '../../std/index.ts'
import type { AgendaTable } from './store/agenda-table.ts'
import type { P } from './store/process-table.ts'

/** The one timer of all agenda that rest: wakes those that are due. */
export class DueTimer {
  readonly #clock: Clock
  readonly #agenda: AgendaTable
  readonly #hears: { onDue(p: P): void; onFailure(error: unknown): void }
  #timer: Disposable | undefined
  #armedFor = Infinity
  #isClosed = false

  constructor(clock: Clock, agenda: AgendaTable, hears: { onDue(p: P): void; onFailure(error: unknown): void }) {
    this.#clock = clock
    this.#agenda = agenda
    this.#hears = hears
  }

  /** Wakes what is due now, and arms the timer for the next. */
  look(): void {
    const now = this.#clock.now()
    for (const p of this.#agenda.due(now)) this.#hears.onDue(p)
    this.#arm(this.#agenda.nextDue(now) ?? Infinity)
  }

  /** A process rests until `at`. */
  expect(at: number): void {
    if (at < this.#armedFor) this.#arm(at)
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.[Symbol.dispose]()
  }

  #fire(): void {
    try {
      this.look()
    } catch (error) {
      this.#hears.onFailure(error)
    }
  }

  #arm(at: number): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#armedFor = at
    if (at === Infinity || this.#isClosed) return
    this.#timer = this.#clock.timer(Math.max(0, at - this.#clock.now()), () => this.#fire())
  }
}
