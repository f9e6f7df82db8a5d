import type { Skein } from 'skein'

/** Draws what a run says, from where the last look ended; returns where this one did. */
export async function show(skein: Skein, id: string, from: number, draw: (said: string) => void): Promise<number> {
  let next = from
  for await (const chunk of skein.stream(id, { from })) {
    if (chunk.type === 'text') draw(chunk.text)
    if (chunk.type === 'again') draw('\n(once more)\n')
    next = chunk.offset + 1
  }
  return next
}
