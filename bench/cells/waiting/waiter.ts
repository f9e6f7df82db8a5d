/** A workflow that waits, and what is measured of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { workflow } from 'skein'
import { z } from 'zod'

/** Called with the id of a process that was woken. */
export const woken: { hear: (id: string) => void } = { hear: () => undefined }

/** Waits for a message, for thirty days if its input says so, otherwise without a limit. */
export const waiter = workflow({ name: 'waiter', input: z.string() }, async (ctx, on) => {
  for (;;) {
    const message = await ctx.receive({ topic: 'wake', ...(on === 'timer' ? { timeout: '30d' } : {}) })
    woken.hear(String(message.body))
  }
})

/** After everything that nobody holds has gone. */
export async function heapBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(10)
  }
  return process.memoryUsage().heapUsed
}
