/**
 * What operators have switched off, in the store and in memory.
 *
 * Invariants:
 * 1. What `off` says is what the store says: a change is in the row first, and here when that is durable.
 * 2. A switch holds what it names and all below it: children inherit by their place in the tree, tenants by their birth.
 */
import type { SwitchedOff, SwitchedThing, Switches } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import { SWITCHES_MAX } from '../limits.ts'
import type { Switch, SwitchChange } from '../port.ts'
import type { Tables } from './store/tables.ts'

/** The switches that a store holds. */
export function readSwitches({ meta }: Pick<Tables, 'meta'>): readonly Switch[] {
  const text = meta.get('switches')
  return text === undefined ? [] : (JSON.parse(text) as readonly Switch[])
}

/** The switches of one owner. */
export class Switchboard implements Switches {
  readonly #tables: Pick<Tables, 'meta' | 'processes'>
  #off: ReadonlyMap<string, Switch>

  constructor(tables: Pick<Tables, 'meta' | 'processes'>) {
    this.#tables = tables
    this.#off = new Map(readSwitches(tables).map((one) => [one.target, one]))
  }

  off({ pid, tenant, tool, definition }: SwitchedThing): SwitchedOff | undefined {
    if (this.#off.size === 0) return undefined
    if (tool !== undefined) return this.#of(`tool:${tool}`)
    if (definition !== undefined) return this.#of(`${definition.kind}:${definition.name}`)
    return (tenant === undefined ? undefined : this.#of(`tenant:${tenant}`)) ?? this.#above(pid)
  }

  /** Writes a change into the row, inside a commit; false when nothing changes. */
  write(change: SwitchChange, now: number): boolean {
    const { target } = change
    const was = new Map(readSwitches(this.#tables).map((one) => [one.target, one]))
    if (was.has(target) === (change.to === 'off')) return false
    if (change.to === 'on') was.delete(target)
    else {
      const { by, reason } = change
      was.set(target, { target, by, at: now, ...(reason === undefined ? {} : { reason }) })
    }
    if (was.size > SWITCHES_MAX)
      throw new SkeinError(
        'USAGE',
        `more than ${SWITCHES_MAX} things are switched off; resume some first: skein switches`,
      )
    this.#tables.meta.set('switches', JSON.stringify([...was.values()]))
    return true
  }

  /** What was written is durable. */
  reload(): void {
    this.#off = new Map(readSwitches(this.#tables).map((one) => [one.target, one]))
  }

  /** Of the process and everything above it. */
  #above(pid: SwitchedThing['pid']): SwitchedOff | undefined {
    for (let at = this.#tables.processes.byPid(pid); at !== undefined;) {
      const off = this.#of(`process:${at.pid}`) ?? this.#of(`${at.kind}:${at.workflow}`)
      if (off !== undefined || at.parent === null) return off
      at = this.#tables.processes.byPid(at.parent)
    }
    return undefined
  }

  #of(target: string): SwitchedOff | undefined {
    const found = this.#off.get(target)
    if (found === undefined) return undefined
    return { target, by: found.by, ...(found.reason === undefined ? {} : { reason: found.reason }) }
  }
}
