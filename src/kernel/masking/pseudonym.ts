/**
 * Pseudonyms of strings: what stands in a masked journal in place of what people and tools have said.
 *
 * Job: give every string another of the same length and shape, so that code which takes it apart still works.
 *
 * Invariants:
 * 1. Equal strings, equal pseudonyms, in all journals of one export; different short strings, different ones where there are enough.
 * 2. A pseudonym says nothing of its string without the secret, which is never written anywhere.
 */
import type { Hash } from '../../std/index.ts'
import { dayOf, textOfDay } from './civil-day.ts'

/** Of longer strings no two are likely to meet, and remembering them would cost memory. */
const REMEMBERED_CHARACTERS_MAX = 64
const TRIES_MAX = 64
const DAYS_SHIFTED_MAX = 3_000
const HEX_PER_CHARACTER = 4
const PID_HEX_DIGITS = 24

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const ISO_DATE = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** The pseudonyms of one export. */
export class Pseudonyms {
  readonly #hash: Hash
  readonly #secret: string
  readonly #known = new Map<string, string>()
  readonly #taken = new Set<string>()

  constructor(secret: string, hash: Hash) {
    this.#secret = secret
    this.#hash = hash
  }

  /** Letters become letters, digits digits, a date another date; what is neither stays. */
  of(text: string): string {
    if (text.length > REMEMBERED_CHARACTERS_MAX) return this.#made(text, 0)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    let made = this.#dateOf(text) ?? this.#made(text, 0)
    for (let n = 1; n < TRIES_MAX && (made === text || this.#taken.has(made)); n++) made = this.#made(text, n)
    this.#known.set(text, made)
    this.#taken.add(made)
    return made
  }

  /** The pid of a child: its name stays, the hash of what it was asked for does not. */
  ofPid(pid: string): string {
    return `${pid.slice(0, pid.lastIndexOf('-') + 1)}${this.hex(pid).slice(0, PID_HEX_DIGITS)}`
  }

  /** 64 hexadecimal digits in place of a text. */
  hex(text: string): string {
    return this.#hash.sha256(`${this.#secret}\nhex\n${text}`)
  }

  #dateOf(text: string): string | undefined {
    const [, day, time = ''] = ISO_DATE.exec(text) ?? []
    const at = day === undefined ? undefined : dayOf(day)
    if (at === undefined) return undefined
    const days = 1 + (parseInt(this.hex('days').slice(0, 8), 16) % DAYS_SHIFTED_MAX)
    return `${textOfDay(at - days)}${time}`
  }

  #made(text: string, salt: number): string {
    let stream = ''
    let block = 0
    let made = ''
    const about = `${this.#secret}\n${salt}\n${this.#hash.sha256(`${this.#secret}\n${text}`)}`
    for (const char of text) {
      for (let unit = 0; unit < char.length; unit++) {
        if (stream.length < HEX_PER_CHARACTER) stream = this.#hash.sha256(`${about}\n${block++}`)
        made += lookAlike(char, parseInt(stream.slice(0, HEX_PER_CHARACTER), 16)) ?? char[unit]
        stream = stream.slice(HEX_PER_CHARACTER)
      }
    }
    return made
  }
}

/** A character of the same kind; undefined for what is no letter and no digit. A zero stays one, so that no number begins with another. */
function lookAlike(char: string, drawn: number): string | undefined {
  if (char === '0') return char
  if (/^\p{N}$/u.test(char)) return String(1 + (drawn % 9))
  if (/^\p{Lu}$/u.test(char)) return UPPER[drawn % UPPER.length]
  return /^[\p{L}\p{M}]$/u.test(char) ? LOWER[drawn % LOWER.length] : undefined
}
