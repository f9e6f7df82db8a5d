/**
 * The definitions made in this realm, by name: a host that loads a file thereby knows every agent and workflow in it,
 * exported or not, and can run children before their parent has been replayed.
 *
 * Invariants:
 * 1. Definitions of one name live side by side, newest last; equal ones (version and source) once.
 * 2. A program that makes a new one per request forgets the oldest, not the memory of the machine.
 */
import { limits } from '../../std/index.ts'
import type { AnyDefinition } from './definition.ts'

const defined = new Map<string, AnyDefinition[]>()

/** Called by `workflow()` and `agent()`. */
export function noteDefinition(definition: AnyDefinition): void {
  const others = definedAs(definition.name).filter((other) => !isSameCode(other, definition))
  defined.set(definition.name, [...others, definition].slice(-limits.DEFINITIONS_PER_NAME_MAX))
}

/** The definitions of a name, newest last. */
export function definedAs(name: string): readonly AnyDefinition[] {
  return defined.get(name) ?? []
}

function isSameCode(a: AnyDefinition, b: AnyDefinition): boolean {
  return a.kind === b.kind && a.version === b.version && a.source === b.source
}
