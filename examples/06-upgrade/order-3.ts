/** Version 3: another price. Whether a customer who has paid the old one is to pay again, no machine may guess. */
import { workflow } from 'skein'
import { z } from 'zod'
import { charge } from './tools.ts'

export default workflow(
  { name: 'order', version: '3', input: z.object({ customer: z.string() }) },
  async (ctx, { customer }) => {
    const { receipt } = await ctx.tool(charge, { customer, cents: 1_200 })
    const packed = await ctx.receive<{ parcel: string }>({ topic: 'packed' })
    return { receipt, parcel: packed.body.parcel }
  },
)
