/** The one value of a body that may stream. */
import { PROGRESS_CHARS_MAX } from '../limits.ts'

/** Whether a body has not come to its value yet. */
export function isLater(result: unknown): boolean {
  try {
    return isThenable(result) || isAsyncIterable(result)
  } catch {
    // What cannot be looked at says so to whoever waits for it.
    return true
  }
}

/** The value, or the last one of an async iterable; every value of a stream is shown as progress when it comes. */
export async function lastValue(
  result: unknown,
  about: { readonly signal: AbortSignal; readonly progress: (text: string) => void },
): Promise<unknown> {
  const value: unknown = await result
  if (!isAsyncIterable(value)) return value
  let last: unknown
  for await (const item of value) {
    last = item
    about.progress(textOf(item))
    // Leaving the loop lets the generator run its `finally`.
    about.signal.throwIfAborted()
  }
  return last
}

function isThenable(value: unknown): boolean {
  return isObject(value) && typeof (value as { readonly then?: unknown }).then === 'function'
}

/** Functions are objects, too: some clients give their queries out as callable promises. */
function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isObject(value) && typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
}

function textOf(item: unknown): string {
  if (typeof item === 'string') return item.slice(0, PROGRESS_CHARS_MAX)
  try {
    return (JSON.stringify(item) ?? String(item)).slice(0, PROGRESS_CHARS_MAX)
  } catch {
    return 'a value that cannot be shown'
  }
}
