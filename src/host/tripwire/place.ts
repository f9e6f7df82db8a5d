/** Finds who called a forbidden function, from a stack text. */
import { fileURLToPath } from 'node:url'
import { isOwnCode } from '../own-code.ts'

/** A line of a user's file. */
export type TouchPlace = { readonly file: string; readonly line: number }

/**
 * The user's place that touched something. `own` when the direct caller is this package itself: the kernel and the
 * engine may use what a body may not. A library counts for whoever called it.
 */
export function touchPlace(stack: string, tripwireFile: string): TouchPlace | 'own' | undefined {
  let inLibrary: TouchPlace | undefined
  for (const match of stack.matchAll(/((?:file:\/\/)?\/[^\s():]+):(\d+):\d+/g)) {
    const named = match[1] ?? ''
    const file = named.startsWith('file:') ? fileURLToPath(named) : named
    if (file === tripwireFile) continue
    const place = { file, line: Number(match[2]) }
    if (isOwnCode(file)) return inLibrary ?? 'own'
    if (!file.includes('/node_modules/')) return place
    inLibrary ??= place
  }
  return inLibrary
}
