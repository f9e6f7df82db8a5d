/**
 * Version 1: charges the customer, then waits for the warehouse.
 *
 *   npx skein run examples/06-upgrade/order.ts --id o1 --input '{"customer":"ann"}'      waits for the warehouse
 *   npx skein upgrade o1 examples/06-upgrade/order-2.ts --dry-run                        what version 2 would make of it
 *   npx skein upgrade o1 examples/06-upgrade/order-2.ts
 *   npx skein send o1 '{"parcel":"P-7"}' --topic packed
 *   npx skein run examples/06-upgrade/order-2.ts --id o1                                 goes on with version 2
 */
import { workflow } from 'skein'
import { z } from 'zod'
import { charge } from './tools.ts'

export default workflow(
  { name: 'order', version: '1', input: z.object({ customer: z.string() }) },
  async (ctx, { customer }) => {
    const { receipt } = await ctx.tool(charge, { customer, cents: 1_000 })
    const packed = await ctx.receive<{ parcel: string }>({ topic: 'packed' })
    return { receipt, parcel: packed.body.parcel }
  },
)
