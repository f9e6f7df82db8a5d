/** Seeded randomness: the sfc32 generator of PractRand, 128 bits of state, one draw per call. */
import type { Random } from '../../std/index.ts'

const SEED_ROUNDS = 12
const HEX_DIGITS_PER_DRAW = 8
const UINT32 = 2 ** 32

/** A `Random` that draws the same for the same seed, with the draws that tests need. */
export interface SimRandom extends Random {
  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** An independent stream: what it draws does not depend on how much this one has drawn. */
  fork(label: string | number): SimRandom
}

/** FNV-1a, so that a label can be a seed. */
function hashOf(text: string, basis: number): number {
  let hash = basis
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

function sfc32(seed: string): () => number {
  let a = hashOf(seed, 0x811c9dc5)
  let b = hashOf(seed, 0x9e3779b9)
  let c = hashOf(seed, 0x85ebca6b)
  let counter = 1
  const draw = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < SEED_ROUNDS; i++) draw()
  return draw
}

/** A generator of its own for `seed`. */
export function simRandom(seed: string | number): SimRandom {
  const draw = sfc32(String(seed))
  const next = (): number => draw() / UINT32
  const random: SimRandom = {
    next,
    hex(bytes) {
      let text = ''
      while (text.length < bytes * 2) text += draw().toString(16).padStart(HEX_DIGITS_PER_DRAW, '0')
      return text.slice(0, bytes * 2)
    },
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[random.between(0, items.length - 1)] as (typeof items)[number]
    },
    fork: (label) => simRandom(`${seed}/${label}`),
  }
  return random
}
