/** Version 2: notes the order in a book first, and thanks the customer at the end. The charge is the same. */
import { workflow } from 'skein'
import { z } from 'zod'
import { charge, note } from './tools.ts'

export default workflow(
  { name: 'order', version: '2', input: z.object({ customer: z.string() }) },
  async (ctx, { customer }) => {
    await ctx.tool(note, { text: `order of ${customer}` })
    const { receipt } = await ctx.tool(charge, { customer, cents: 1_000 })
    const packed = await ctx.receive<{ parcel: string }>({ topic: 'packed' })
    await ctx.tool(note, { text: `thank you, ${customer}` })
    return { receipt, parcel: packed.body.parcel, thanked: true }
  },
)
