/**
 * What is open of one handler at the server: the batch that is asked for, the next signal, the answers to what was sent.
 *
 * Invariants:
 * 1. One promise is awaited at a time: the race over all that is open. The server keeps which one won (rule R1).
 * 2. What is sent to one receiver is sent in the order of the frames.
 */
import type { RestatePromise } from '@restatedev/restate-sdk'
import type { DeliverResult } from '../../kernel/index.ts'
import { mailSignal } from './mailbox.ts'
import { callTo, sendTo } from './sdk.ts'
import type { Exclusive, Sdk, Target } from './sdk.ts'
import type { Batch, MailSignal } from './wire.ts'

/** What the server says next. */
export type Heard =
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'mail'; readonly signal: MailSignal }
  | { readonly type: 'sent'; readonly id: number; readonly result: DeliverResult }

/** The lane between one attempt of a handler and the server. */
export class HandlerLane {
  readonly #sdk: Sdk
  readonly ctx: Exclusive
  readonly #take: () => Promise<Batch>
  readonly #answers = new Map<number, RestatePromise<Heard>>()
  #batch: RestatePromise<Heard>
  #mail: RestatePromise<Heard>
  #mailHeard = 0
  #sends = 0

  /** `take` gives the next batch; it is called only if the server has not kept one. */
  constructor(sdk: Sdk, ctx: Exclusive, take: () => Promise<Batch>) {
    this.#sdk = sdk
    this.ctx = ctx
    this.#take = take
    this.#mail = this.#nextMail()
    this.#batch = this.#nextBatch()
  }

  async next(): Promise<Heard> {
    const heard = await this.#sdk.RestatePromise.race([this.#batch, this.#mail, ...this.#answers.values()])
    if (heard.type === 'mail') this.#mail = this.#nextMail()
    if (heard.type === 'sent') this.#answers.delete(heard.id)
    return heard
  }

  /** Asks for another batch, once what follows from the last has been said. */
  askForBatch(): void {
    this.#batch = this.#nextBatch()
  }

  /** Sends something whose answer is heard later; its number comes back with it. */
  send(target: Target, parameter: unknown): number {
    const id = this.#sends++
    const answer = callTo<{ readonly result: DeliverResult } | DeliverResult>(this.#sdk, this.ctx, target, parameter)
    this.#answers.set(
      id,
      answer.map((given) => {
        const result = typeof given === 'object' ? given.result : given
        return { type: 'sent', id, result: result ?? 'unknown' }
      }),
    )
    return id
  }

  tell(target: Target, parameter: unknown): void {
    sendTo(this.#sdk, this.ctx, target, { parameter })
  }

  ask<A>(target: Target, parameter: unknown): Promise<A> {
    return callTo<A>(this.#sdk, this.ctx, target, parameter)
  }

  #nextBatch(): RestatePromise<Heard> {
    return this.ctx
      .run('turn', this.#take)
      .map((batch): Heard => ({ type: 'batch', batch: batch ?? { at: 0, frames: [], isVain: true } }))
  }

  #nextMail(): RestatePromise<Heard> {
    return this.ctx
      .signal<MailSignal>(mailSignal(this.#mailHeard++))
      .map((signal): Heard => ({ type: 'mail', signal: signal ?? { seq: 0 } }))
  }
}
