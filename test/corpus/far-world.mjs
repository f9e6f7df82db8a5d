/**
 * The far side of the corpus: remembers what was done, and keeps waiting whoever is to be killed.
 * The definitions of every format use it as it is: add to it, and change nothing.
 */

/** Numbers from here on are held: their answer does not come while the corpus is being written. */
const HELD_FROM = 90

export const world = {
  /** Everything that was done here, in order. */
  done: [],
  /** Keys that were asked after. */
  looked: [],
  /** What is under way and will not be answered. */
  held: [],
  isHolding: false,
  /** Does it, or hangs. */
  async do(tool, n, options) {
    const key = options.idempotencyKey
    if (world.isHolding && n >= HELD_FROM) {
      world.held.push(key)
      return new Promise(() => {})
    }
    world.done.push({ tool, n, key })
    return `${tool}:${n}`
  },
  /** What became of a key. */
  async look(tool, n, options) {
    world.looked.push(options.idempotencyKey)
    return world.done.some((deed) => deed.key === options.idempotencyKey) ? { done: `${tool}:${n}` } : { absent: true }
  },
}

/** A schema that takes whatever `fits`. */
export function schema(fits = () => true) {
  const validate = (value) => (fits(value) ? { value } : { issues: [{ message: 'does not fit' }] })
  return { '~standard': { version: 1, vendor: 'corpus', validate, jsonSchema: { input: () => ({}) } } }
}
