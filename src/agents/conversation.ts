/**
 * The conversation of one agent, with its rolling hash (rule K4).
 *
 * Invariants:
 * 1. Messages are only appended, and only while nothing that was handed `messages` is being asked.
 * 2. `contentHash` names all messages so far; a new message costs its own length, never the length of the past.
 */
import { encode } from '../std/index.ts'
import type { ChatMessage } from '../kernel/index.ts'

/** An append-only list of messages that knows its own name. */
export class Conversation {
  readonly #hash: (text: string) => string
  readonly #messages: ChatMessage[] = []
  #contentHash = ''

  constructor(hash: (text: string) => string) {
    this.#hash = hash
  }

  /** The list itself, not a copy: it grows with the next step, so whoever keeps it takes a slice. */
  get messages(): readonly ChatMessage[] {
    return this.#messages
  }

  get contentHash(): string {
    return this.#contentHash
  }

  add(message: ChatMessage): void {
    this.#messages.push(message)
    this.#contentHash = this.#hash(this.#contentHash + this.#hash(encode(message)))
  }
}
