/**
 * Masks the values of one journal: every string in them becomes its pseudonym, but for what the code says itself.
 *
 * Kept: numbers, booleans, dates, structure and the names of members; strings that stand between quotes in the code,
 * because it branches on them and its readers know them; Skein's own words; the names of tools and definitions.
 */
import { ERROR_CODES } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { LAST_TYPE } from '../messages/when-busy.ts'
import { REPLY_TOPIC } from '../messages/pattern.ts'
import type { Outcome, Payload } from '../journal/outcome.ts'
import type { Pseudonyms } from './pseudonym.ts'

/** What Skein itself writes into values: parts of conversations, ends of model calls, codes of errors. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  ...Object.keys(ERROR_CODES),
  ...['system', 'user', 'assistant', 'tool', 'text', 'reasoning', 'file', 'tool-call', 'tool-result'],
  ...['json', 'error-text', 'error-json', 'stop', 'length', 'tool-calls', 'content-filter', 'error', 'other'],
  REPLY_TOPIC,
  LAST_TYPE,
])

/** What a masker is told of its journal. */
export type MaskerGiven = {
  readonly pseudonyms: Pseudonyms
  /** Text of the code; what it quotes is kept. */
  readonly sources: readonly string[]
  /** Names of tools and definitions, and the pids that are kept. */
  readonly names: ReadonlySet<string>
  /** Pids of processes that others have started. */
  readonly children: ReadonlySet<string>
}

/** Masks the values of one journal. */
export class Masker {
  readonly #given: MaskerGiven
  readonly #kept = new Map<string, boolean>()

  constructor(given: MaskerGiven) {
    this.#given = given
  }

  text(text: string): string {
    const { pseudonyms, children } = this.#given
    if (children.has(text)) return pseudonyms.ofPid(text)
    if (this.isKept(text)) return text
    return this.#jsonIn(text) ?? pseudonyms.of(text)
  }

  pid(pid: Pid): Pid {
    return this.text(pid) as Pid
  }

  /** In place of a hash, which could be guessed. */
  hash(hash: string): string {
    return this.#given.pseudonyms.hex(hash).slice(0, hash.length)
  }

  payload(payload: Payload): Payload {
    if (payload.erased === true) return payload
    return { text: JSON.stringify(this.#tagged(JSON.parse(payload.text))) }
  }

  outcome(outcome: Outcome): Outcome {
    switch (outcome.type) {
      case 'ok':
        return { type: 'ok', value: this.payload(outcome.value) }
      case 'error':
        return { type: 'error', error: this.payload(outcome.error) }
      case 'cancelled':
        return outcome
      case 'unknown':
        return { type: 'unknown', why: this.text(outcome.why) }
    }
  }

  /** Values as the journal holds them: `{"$":tag,"v":…}` is no object of its author. */
  #tagged(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, '$'))
      return this.#value(value, (inner) => this.#tagged(inner))
    const { $: tag, v } = value as { readonly $: unknown; readonly v: unknown }
    switch (tag) {
      case 'esc':
        return { $: tag, v: this.#value(v, (inner) => this.#tagged(inner)) }
      case 'bytes':
        return { $: tag, v: this.#given.pseudonyms.of(String(v)) }
      case 'id':
        return { $: tag, v: this.text(String(v)) }
      default:
        return value
    }
  }

  #value(value: unknown, inner: (value: unknown) => unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(inner)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inner(member)]))
  }

  /** Models and tools answer in JSON: it stays JSON. */
  #jsonIn(text: string): string | undefined {
    if (!/^\s*[[{]/.test(text)) return undefined
    const plain = (value: unknown): unknown => this.#value(value, plain)
    try {
      return JSON.stringify(plain(JSON.parse(text)))
    } catch {
      return undefined
    }
  }

  /** Whether it is the code's own word, or a name. */
  isKept(text: string): boolean {
    const { names, sources } = this.#given
    let isKept = this.#kept.get(text)
    if (isKept === undefined) {
      const quoted = [`'${text}'`, `"${text}"`, `\`${text}\``]
      isKept = OWN_WORDS.has(text) || names.has(text) || quoted.some((form) => sources.some((s) => s.includes(form)))
      this.#kept.set(text, isKept)
    }
    return isKept
  }
}
