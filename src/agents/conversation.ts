/**
 * The conversation of one agent, with its rolling hash (rule K4) and its estimated length.
 *
 * Invariants:
 * 1. Messages are only appended, and only while nothing that was handed `messages` is being asked, but for writes that
 *    go on after they were let go of. What is taken back makes a new list; whoever was handed the old one keeps it.
 * 2. `contentHash` names all messages so far; a new message costs its own length, never the length of the past.
 */
import { encode } from '../std/index.ts'
import type { ChatMessage } from '../kernel/index.ts'
import { messageTokens } from './context/tokens.ts'

/** A place in a conversation, to come back to. */
export type Mark = { readonly length: number; readonly contentHash: string }

/** A shorter conversation; the mark is to stand between its parts. */
export type Parts = { readonly before: readonly ChatMessage[]; readonly after: readonly ChatMessage[] }

/** A list of messages that knows its own name. */
export class Conversation {
  readonly #hash: (text: string) => string
  #messages: ChatMessage[] = []
  /** Of the messages from the first on, as far as anybody has asked: only a conversation with a budget is counted. */
  #tokens: number[] = []
  #tokensSum = 0
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

  /** Estimated tokens of all messages. */
  get tokens(): number {
    this.#count()
    return this.#tokensSum
  }

  /** Estimated tokens of one message. */
  tokensAt(i: number): number {
    this.#count()
    return this.#tokens[i] ?? 0
  }

  /** 1 with instructions, else 0: their message comes first. */
  get systemMessages(): 0 | 1 {
    return this.#messages[0]?.role === 'system' ? 1 : 0
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
    for (const tokens of this.#tokens.splice(length)) this.#tokensSum -= tokens
    this.#contentHash = contentHash
    return cut
  }

  /** Other instructions for the same conversation; costs its whole length, once per hand-off. */
  instruct(content: string): void {
    const rest = this.#messages.filter((message) => message.role !== 'system')
    this.#clear()
    if (content !== '') this.add({ role: 'system', content })
    for (const message of rest) this.add(message)
  }

  /** These messages instead; the place between the two parts comes back. */
  replace({ before, after }: Parts): Mark {
    this.#clear()
    for (const message of before) this.add(message)
    const { mark } = this
    for (const message of after) this.add(message)
    return mark
  }

  /** The same behind the instructions; the place is after `at` of the messages. */
  replaceAfterSystem(messages: readonly ChatMessage[], at: number): Mark {
    const system = this.#messages.slice(0, this.systemMessages)
    return this.replace({ before: [...system, ...messages.slice(0, at)], after: messages.slice(at) })
  }

  /** Each message once. */
  #count(): void {
    for (const message of this.#messages.slice(this.#tokens.length)) {
      const tokens = messageTokens(message)
      this.#tokens.push(tokens)
      this.#tokensSum += tokens
    }
  }

  #clear(): void {
    this.#messages = []
    this.#tokens = []
    this.#tokensSum = 0
    this.#contentHash = ''
  }
}
