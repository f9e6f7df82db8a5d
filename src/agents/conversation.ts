/**
 * The conversation of one agent, with its rolling hash (rule K4).
 *
 * Invariants:
 * 1. Messages are only appended, and only while nothing that was handed `messages` is being asked, but for writes that
 *    go on after they were let go of. What is taken back makes a new list; whoever was handed the old one keeps it.
 * 2. `contentHash` names all messages so far; a new message costs its own length, never the length of the past.
 */
import { encode } from '../std/index.ts'
import type { ChatMessage } from '../kernel/index.ts'

/** A place in a conversation, to come back to. */
export type Mark = { readonly length: number; readonly contentHash: string }

/** A list of messages that knows its own name. */
export class Conversation {
  readonly #hash: (text: string) => string
  #messages: ChatMessage[] = []
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

  /** Where it ends now. */
  get mark(): Mark {
    return { length: this.#messages.length, contentHash: this.#contentHash }
  }

  add(message: ChatMessage): void {
    this.#messages.push(message)
    this.#contentHash = this.#hash(this.#contentHash + this.#hash(encode(message)))
  }

  /** Text of nobody in particular: what a model must know takes the place of a user's words. */
  addText(text: string): void {
    this.add({ role: 'user', content: [{ type: 'text', text }] })
  }

  /** Takes back what came after the mark, and gives it out. */
  cutTo({ length, contentHash }: Mark): readonly ChatMessage[] {
    const cut = this.#messages.slice(length)
    this.#messages = this.#messages.slice(0, length)
    this.#contentHash = contentHash
    return cut
  }

  /** Other instructions for the same conversation; costs its whole length, once per hand-off. */
  instruct(content: string): void {
    const rest = this.#messages.filter((message) => message.role !== 'system')
    this.#messages = []
    this.#contentHash = ''
    if (content !== '') this.add({ role: 'system', content })
    for (const message of rest) this.add(message)
  }
}
