import { workflow } from 'skein'
import type { Ctx } from 'skein'
import { z } from 'zod'

/** What is booked at the far side. */
export const booked = new Set<string>()

async function book(ctx: Ctx, what: string): Promise<void> {
  await ctx.step('book', () => void booked.add(what), { key: what, idempotent: true })
  ctx.compensate('cancel-booking', () => void booked.delete(what), { key: what, idempotent: true })
}

export const journey = workflow({ name: 'journey', input: z.object({ visa: z.boolean() }) }, async (ctx, { visa }) => {
  await book(ctx, 'flight')
  await book(ctx, 'hotel')
  if (!visa) throw new Error('no visa')
  return 'bon voyage'
})
