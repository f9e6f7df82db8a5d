/** The one value of a body that may stream. */
import { PROGRESS_CHARS_MAX } from '../limits.ts'

/** Whether a body has not come to its value yet. */
export function isLater(result: unknown): boolean {
  return typeof result === 'object' && result !== null && ('then' in result || Symbol.asyncIterator in result)
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

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function textOf(item: unknown): string {
  if (typeof item === 'string') return item.slice(0, PROGRESS_CHARS_MAX)
  try {
    return (JSON.stringify(item) ?? String(item)).slice(0, PROGRESS_CHARS_MAX)
  } catch {
    return 'a value that cannot be shown'
  }
}
