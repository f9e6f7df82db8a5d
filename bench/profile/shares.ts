/** A tree of calls as tables: shares of the whole, largest first. */
import type { Call } from './profile-tree.ts'

type Rows = readonly (readonly [name: string, share: number])[]

/** What each room and function took itself, and what functions took with all they called. */
export function shares(tree: Call): {
  readonly total: number
  readonly rooms: Rows
  readonly self: Rows
  readonly inclusive: Rows
} {
  const rooms = new Map<string, number>()
  const self = new Map<string, number>()
  const inclusive = new Map<string, number>()
  const add = (to: Map<string, number>, name: string, weight: number): void =>
    void to.set(name, (to.get(name) ?? 0) + weight)
  const walk = (call: Call, above: ReadonlySet<string>): number => {
    add(rooms, call.room, call.self)
    add(self, call.name, call.self)
    const within = new Set(above).add(call.name)
    let weight = call.self
    for (const child of call.calls.values()) weight += walk(child, within)
    // What calls itself counts once.
    if (!above.has(call.name)) add(inclusive, call.name, weight)
    return weight
  }
  const total = walk(tree, new Set())
  const rows = (of: Map<string, number>): Rows =>
    [...of].map(([name, weight]) => [name, weight / total] as const).sort((a, b) => b[1] - a[1])
  return { total, rooms: rows(rooms), self: rows(self), inclusive: rows(inclusive) }
}
