/** What a process says while it runs: for eyes, never evidence. */

/** One thing said. `key` and `attempt` tell torn text from the one that came after it. */
export type LiveEvent =
  /** Text of a model as it comes, or the progress of a tool. */
  | {
      readonly type: 'text'
      readonly effect: string
      readonly key: string
      readonly attempt: number
      readonly text: string
    }
  /** `ctx.emit`. */
  | { readonly type: 'emit'; readonly stream: string; readonly chunk: unknown }
  /** `ctx.log`. */
  | { readonly type: 'log'; readonly text: string }
  /** The effect is done again: drop what earlier attempts of this key have said. */
  | { readonly type: 'again'; readonly effect: string; readonly key: string; readonly attempt: number }
  | { readonly type: 'ended'; readonly how: 'ok' | 'error' | 'cancelled' | 'unknown' }
  /** More was said than could be written. */
  | { readonly type: 'dropped'; readonly chunks: number }

/** An event in its place; offsets are dense from 0 per process. */
export type LiveChunk = LiveEvent & { readonly offset: number; readonly at: number }

/** Or a stretch that is not kept any more, up to and with `offset`. */
export type LiveRead = LiveChunk | { readonly type: 'gap'; readonly offset: number; readonly from: number }

/** The chunk of a whole line; none where the line is damaged. */
export function chunkOf(line: string): LiveChunk | undefined {
  try {
    const chunk = JSON.parse(line) as LiveChunk | null
    return chunk !== null && Number.isSafeInteger(chunk.offset) ? chunk : undefined
  } catch {
    return undefined
  }
}
