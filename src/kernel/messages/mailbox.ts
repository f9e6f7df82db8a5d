/**
 * The messages a resident process has been given and has not consumed, and the receives that wait (rules M3, M4).
 *
 * Invariants:
 * 1. A message is offered to the oldest waiting receive that matches; a receive gets the oldest message that matches.
 * 2. A message leaves by `take` only, in the frame that consumes it.
 */
import type { EffectKey } from '../../std/index.ts'
import type { MessagePattern } from '../journal/facts.ts'
import type { Message } from '../ports/activation.ts'
import { matches } from './pattern.ts'

/** What has come and not been consumed, and who waits for it. */
export class Mailbox {
  readonly #messages: Message[] = []
  readonly #receives = new Map<EffectKey, MessagePattern>()

  put(message: Message): void {
    if (!this.#messages.some((known) => known.id === message.id)) this.#messages.push(message)
  }

  wait(key: EffectKey, pattern: MessagePattern): void {
    this.#receives.set(key, pattern)
  }

  unwait(key: EffectKey): void {
    this.#receives.delete(key)
  }

  /** The next pair of a waiting receive and its message; both leave. */
  take(): { readonly key: EffectKey; readonly message: Message } | undefined {
    for (const [key, pattern] of this.#receives) {
      const at = this.#messages.findIndex((message) => matches(pattern, message))
      const message = this.#messages[at]
      if (message === undefined) continue
      this.#messages.splice(at, 1)
      this.#receives.delete(key)
      return { key, message }
    }
    return undefined
  }

  /** A message whose receive has refused it (schema): the receive waits again, in its old place. */
  restore(key: EffectKey, pattern: MessagePattern): void {
    const others = [...this.#receives]
    this.#receives.clear()
    this.#receives.set(key, pattern)
    for (const [otherKey, otherPattern] of others) this.#receives.set(otherKey, otherPattern)
  }
}
