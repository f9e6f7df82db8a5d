/** Finds who called a forbidden function, from a stack text. */
import { fileURLToPath } from 'node:url'
import { isOwnCode } from '../own-code.ts'

/**
 * The user's place that touched something, `file:line`. Undefined when the direct caller is this package itself:
 * the kernel and the engine may use what a body may not.
 */
export function touchPlace(
  stack: string,
  tripwireFile: string,
): { readonly file: string; readonly line: number } | undefined {
  let inLibrary: { readonly file: string; readonly line: number } | undefined
  for (const match of stack.matchAll(/((?:file:\/\/)?\/[^\s():]+):(\d+):\d+/g)) {
    const named = match[1] ?? ''
    const file = named.startsWith('file:') ? fileURLToPath(named) : named
    if (file === tripwireFile) continue
    const place = { file, line: Number(match[2]) }
    if (isOwnCode(file)) return inLibrary
    if (!file.includes('/node_modules/')) return place
    inLibrary ??= place
  }
  return inLibrary
}
