/** What a workflow body must not touch, and what to write instead. */

/** One forbidden function: where it lives, how it is called in reports, and the mend. */
export type Touch = { readonly owner: object; readonly member: string; readonly name: string; readonly mend: string }

const CLOCK = 'use ctx.now()'
const SLEEP = 'use ctx.sleep()'
const DRAW = 'use ctx.random()'
const UUID = 'use ctx.uuid()'
const OUTSIDE = 'use a tool, or ctx.step()'

/** Functions of globals. */
export function globalTouches(): readonly Touch[] {
  return [
    { owner: Date, member: 'now', name: 'Date.now', mend: CLOCK },
    { owner: performance, member: 'now', name: 'performance.now', mend: CLOCK },
    { owner: Math, member: 'random', name: 'Math.random', mend: DRAW },
    { owner: crypto, member: 'randomUUID', name: 'crypto.randomUUID', mend: UUID },
    { owner: crypto, member: 'getRandomValues', name: 'crypto.getRandomValues', mend: DRAW },
    { owner: globalThis, member: 'fetch', name: 'fetch', mend: OUTSIDE },
    { owner: globalThis, member: 'setTimeout', name: 'setTimeout', mend: SLEEP },
    { owner: globalThis, member: 'setInterval', name: 'setInterval', mend: SLEEP },
    { owner: globalThis, member: 'setImmediate', name: 'setImmediate', mend: SLEEP },
  ]
}

/** Functions of a built-in module's object. Getters, classes and internals (`Stats`, `_toUnixTimestamp`) are left alone. */
export function moduleTouches(
  module: string,
  owner: object,
  mend: (member: string) => string = () => OUTSIDE,
): readonly Touch[] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([member, { value, enumerable }]) => enumerable && typeof value === 'function' && /^[a-z]/.test(member))
    .map(([member]) => ({ owner, member, name: `${module}.${member}`, mend: mend(member) }))
}

/** The mend for a function of `node:crypto`. */
export function cryptoMend(member: string): string {
  return member === 'randomUUID' ? UUID : DRAW
}
