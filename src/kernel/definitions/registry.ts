/** The code a host has: definitions by name, told apart by digest (rules U1, U2). */
import type { Hash } from '../../std/index.ts'
import { definedAs } from './defined.ts'
import type { AnyDefinition, CodeRegistry } from './definition.ts'

const DIGEST_HEX_DIGITS = 32

const digests = new WeakMap<AnyDefinition, string>()

/** Hash of kind, name, version and source. What a definition closes over is not part of it: that belongs in the input. */
export function codeDigest(definition: AnyDefinition, hash: Hash): string {
  let digest = digests.get(definition)
  if (digest === undefined) {
    const { kind, name, version, source } = definition
    digest = hash.sha256(`${kind}\n${name}\n${version}\n${source}`).slice(0, DIGEST_HEX_DIGITS)
    digests.set(definition, digest)
  }
  return digest
}

/** A registry to fill; a definition registered later under the same name is the newer one. */
export interface DefinitionRegistry extends CodeRegistry {
  register(definition: AnyDefinition): void
  names(): readonly string[]
}

/** An empty registry; it also finds what this realm has defined by itself. */
export function createRegistry(hash: Hash): DefinitionRegistry {
  const newest = new Map<string, AnyDefinition>()
  const all = new Map<string, AnyDefinition>()
  return {
    register(definition) {
      newest.set(definition.name, definition)
      all.set(`${definition.name}\n${codeDigest(definition, hash)}`, definition)
    },
    find: (name) => {
      const definition = newest.get(name) ?? definedAs(name).at(-1)
      if (definition === undefined) return undefined
      return { definition, codeDigest: codeDigest(definition, hash), isRegistered: newest.has(name) }
    },
    exact: (name, digest) =>
      all.get(`${name}\n${digest}`) ?? definedAs(name).find((definition) => codeDigest(definition, hash) === digest),
    names: () => [...newest.keys()],
  }
}
