/** The code a host has: definitions by name, told apart by digest (rules U1, U2). */
import type { Hash } from '../../std/index.ts'
import { definedAs } from './defined.ts'
import type { AnyDefinition, CodeRegistry } from './definition.ts'

const DIGEST_HEX_DIGITS = 32

/** Hash of name, version and source. */
export function codeDigest(definition: AnyDefinition, hash: Hash): string {
  return hash
    .sha256(`${definition.kind}\n${definition.name}\n${definition.version}\n${definition.source}`)
    .slice(0, DIGEST_HEX_DIGITS)
}

/** A registry to fill; a definition registered later under the same name is the newer one. */
export interface DefinitionRegistry extends CodeRegistry {
  register(definition: AnyDefinition): void
  names(): readonly string[]
}

/** An empty registry; it also finds what this realm has defined by itself. */
export function createRegistry(hash: Hash): DefinitionRegistry {
  const newest = new Map<string, { definition: AnyDefinition; codeDigest: string }>()
  const all = new Map<string, AnyDefinition>()
  const fallback = (name: string): { definition: AnyDefinition; codeDigest: string } | undefined => {
    const definition = definedAs(name)
    return definition === undefined ? undefined : { definition, codeDigest: codeDigest(definition, hash) }
  }
  return {
    register(definition) {
      const digest = codeDigest(definition, hash)
      newest.set(definition.name, { definition, codeDigest: digest })
      all.set(`${definition.name}\n${digest}`, definition)
    },
    find: (name) => newest.get(name) ?? fallback(name),
    exact: (name, digest) => {
      const registered = all.get(`${name}\n${digest}`)
      if (registered !== undefined) return registered
      const made = fallback(name)
      return made?.codeDigest === digest ? made.definition : undefined
    },
    names: () => [...newest.keys()],
  }
}
