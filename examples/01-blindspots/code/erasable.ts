/**
 * TypeScript's types, which leave before the code runs: no test can notice a change there. Node's own type stripper
 * says where they are, and whether a changed text is a program at all.
 */
import { stripTypeScriptTypes } from 'node:module'
import { extname } from 'node:path'

const READABLE = new Set(['.ts', '.mts', '.js', '.mjs'])

/** The same text with blanks in place of types; undefined when it cannot be read (JSX, enums, other languages). */
function strip(source: string): string | undefined {
  using _silence = withoutWarnings()
  try {
    const stripped = stripTypeScriptTypes(source)
    return stripped.length === source.length ? stripped : undefined
  } catch {
    return undefined
  }
}

export type Runtime = {
  /** False where only types stand. */
  runs(start: number, end: number): boolean
  /** False when the changed text is surely no program; such a change would prove nothing. */
  accepts(changed: string): boolean
}

/** What is known about the running part of a file; nothing, for most languages. */
export function runtimeOf(file: string, source: string): Runtime {
  const stripped = READABLE.has(extname(file)) ? strip(source) : undefined
  if (stripped === undefined) return { runs: () => true, accepts: () => true }
  return {
    runs: (start, end) => stripped.slice(start, end) === source.slice(start, end),
    accepts: (changed) => strip(changed) !== undefined,
  }
}

/** Node announces that its stripper is young, once; nobody who reads our output can do anything about it. */
function withoutWarnings(): Disposable {
  const before = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? { configurable: true, writable: true }
  Object.defineProperty(process, 'emitWarning', { ...before, value: () => undefined })
  return { [Symbol.dispose]: () => void Object.defineProperty(process, 'emitWarning', before) }
}
