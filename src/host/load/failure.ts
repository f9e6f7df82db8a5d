/** Why a user's file did not load, said with its place. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SkeinError } from '../../std/index.ts'
import { isOwnCode } from '../own-code.ts'

/** A position in a file of the user's. */
export type Place = { readonly file: string; readonly line: number }

/** The first place in a stack text that lies in a file of the user's: not in Node, not in this package. */
export function placeOf(stack: string): Place | undefined {
  for (const match of stack.matchAll(/((?:file:\/\/)?\/[^\s():]+):(\d+)/g)) {
    const named = match[1] ?? ''
    const file = named.startsWith('file:') ? fileURLToPath(named) : named
    if (!isOwnCode(file)) return { file, line: Number(match[2]) }
  }
  return undefined
}

/** `DEFINITION_LOAD_FAILED` for what `import(file)` threw. */
export function loadFailure(file: string, thrown: unknown, cwd: string): SkeinError {
  const shown = relative(cwd, file) || file
  if (!(thrown instanceof Error))
    return new SkeinError(
      'DEFINITION_LOAD_FAILED',
      `${shown} threw ${String(thrown)} while it was loaded; a definition file only defines and exports`,
      { cause: thrown },
    )
  const place = placeOf(thrown.stack ?? '')
  const where = place === undefined ? shown : `${relative(cwd, place.file) || place.file}:${place.line}`
  return new SkeinError(
    'DEFINITION_LOAD_FAILED',
    `${where}: ${SkeinError.isInstance(thrown) ? thrown.code : thrown.name}: ${thrown.message}${mendOf(thrown)}`,
    { cause: thrown },
  )
}

function mendOf(error: Error & { readonly code?: unknown }): string {
  switch (error.code) {
    case 'ERR_MODULE_NOT_FOUND':
      return '; install it beside the file, or correct the import'
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return '; Node strips types and does not compile: write a const object instead of an enum, no namespaces, no parameter properties'
    default:
      return ''
  }
}
