/**
 * The definitions made in this realm, by name: a host that loads a file thereby knows every agent and workflow in it,
 * exported or not, and can run children before their parent has been replayed.
 *
 * Invariant: one entry per name, the newest; a host's own registrations come before these.
 */
import type { AnyDefinition } from './definition.ts'

const defined = new Map<string, AnyDefinition>()

/** Called by `workflow()` and `agent()`. */
export function noteDefinition(definition: AnyDefinition): void {
  defined.set(definition.name, definition)
}

/** The newest definition of a name. */
export function definedAs(name: string): AnyDefinition | undefined {
  return defined.get(name)
}
