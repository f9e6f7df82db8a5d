/**
 * Whether a call with masked values is the same call: what differs in its text must come from values, not from another
 * branch of the code.
 *
 * A word that differs must be what the other was masked to, or, where code has cut it up, a long part of what was said,
 * against a part of what that was masked to. What cannot be told (a number computed of a masked string) counts as
 * different: it is never guessed.
 */
import type { Fact } from '../journal/facts.ts'
import type { Masker } from './masker.ts'

const WORD = /[\p{L}\p{N}\p{M}]+/gu
const STRING = /"(?:[^"\\]|\\.)*"/g
/** Hashes of texts that are compared themselves. */
const HASH = /^[0-9a-f]{16,}$/
/** Shorter parts of words may stand anywhere by chance. */
const TELLING_CHARACTERS = 4

/** Compares texts of one journal with texts of the same journal masked. */
export class Likeness {
  readonly #masker: Masker
  readonly #real: Said
  readonly #masked: Said
  /** Words, and what they were masked to. */
  readonly #pairs = new Set<string>()

  constructor(real: readonly Fact[], masked: readonly Fact[], masker: Masker) {
    this.#real = said(real)
    this.#masked = said(masked)
    this.#masker = masker
    for (const [i, fact] of real.entries()) {
      const words = wordsOf(JSON.stringify(fact))
      const others = wordsOf(JSON.stringify(masked[i]))
      if (words.length === others.length)
        for (const [at, word] of words.entries()) this.#pairs.add(pairOf(word, others[at] ?? ''))
    }
  }

  /** What was hashed: numbers and structure of data are not masked. A pid is made of a key, and keys are compared as such. */
  areAlikeText(real: string, masked: string): boolean {
    const [bare, other] = [real, masked].map((text) => text.replaceAll(STRING, '""'))
    return (bare === other || bare?.includes('#') === true) && this.areAlike(real, masked)
  }

  areAlike(real: string, masked: string): boolean {
    if (real === masked) return true
    if (real.replaceAll(WORD, ' ') !== masked.replaceAll(WORD, ' ')) return false
    const others = wordsOf(masked)
    return wordsOf(real).every((word, i) => this.#isMasked(word, others[i] ?? ''))
  }

  #isMasked(word: string, other: string): boolean {
    if (word === other || (HASH.test(word) && HASH.test(other))) return true
    if (this.#pairs.has(pairOf(word, other))) return true
    if (this.#masker.isKept(word) || this.#masker.isKept(other)) return false
    if (word.length !== other.length || word.length < TELLING_CHARACTERS) return false
    return isOnlyIn(word, this.#real, this.#masked) && isOnlyIn(other, this.#masked, this.#real)
  }
}

type Said = { readonly text: string; readonly words: ReadonlySet<string> }

const wordsOf = (text: string): readonly string[] => text.match(WORD) ?? []
const pairOf = (word: string, other: string): string => `${word} ${other}`.toLowerCase()

function said(facts: readonly Fact[]): Said {
  const text = JSON.stringify(facts).toLowerCase()
  return { text, words: new Set(wordsOf(text)) }
}

/** Code may cut words up, and write them large or small. */
function isOnlyIn(word: string, where: Said, elsewhere: Said): boolean {
  const small = word.toLowerCase()
  return where.text.includes(small) && !elsewhere.words.has(small)
}
