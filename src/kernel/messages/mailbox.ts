/**
 * The messages a resident process has been given and has not consumed, and the receives that wait (rules M3, M4).
 *
 * Invariants:
 * 1. A message is offered to the oldest waiting receive that matches; a receive gets the oldest message that matches.
 * 2. A message leaves by `take` only, in the frame that consumes it.
 */
import type { EffectKey, MessageId } from '../../std/index.ts'
import type { MessagePattern } from '../journal/facts.ts'
import type { Message } from '../ports/activation.ts'
import { matches } from './pattern.ts'

/** What has come and not been consumed, and who waits for it. */
export class Mailbox {
  readonly #messages = new Map<MessageId, Message>()
  readonly #receives = new Map<EffectKey, MessagePattern>()
  /** The place of the receive that was taken last. */
  #place = 0

  put(message: Message): void {
    if (!this.#messages.has(message.id)) this.#messages.set(message.id, message)
  }

  wait(key: EffectKey, pattern: MessagePattern): void {
    this.#receives.set(key, pattern)
  }

  unwait(key: EffectKey): void {
    this.#receives.delete(key)
  }

  /** The next pair of a waiting receive and its message; both leave. */
  take(): { readonly key: EffectKey; readonly message: Message } | undefined {
    let place = -1
    for (const [key, pattern] of this.#receives) {
      place += 1
      const message = this.#oldest(pattern)
      if (message === undefined) continue
      this.#messages.delete(message.id)
      this.#receives.delete(key)
      this.#place = place
      return { key, message }
    }
    return undefined
  }

  #oldest(pattern: MessagePattern): Message | undefined {
    for (const message of this.#messages.values()) if (matches(pattern, message)) return message
    return undefined
  }

  /** The receive taken last has refused its message (schema): it waits again, in its old place. */
  restore(key: EffectKey, pattern: MessagePattern): void {
    const receives = [...this.#receives].toSpliced(this.#place, 0, [key, pattern])
    this.#receives.clear()
    for (const [other, wanted] of receives) this.#receives.set(other, wanted)
  }
}
