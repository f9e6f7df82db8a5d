/** Version 4: another price again, and who has paid an old one has paid: `migrate` says so for every run in flight. */
import { workflow } from 'skein'
import { z } from 'zod'
import { charge } from './tools.ts'

export default workflow(
  {
    name: 'order',
    version: '4',
    input: z.object({ customer: z.string() }),
    onUpgrade: 'adopt',
    migrate: { writes: ({ ambiguous }) => Object.fromEntries(ambiguous.map(({ name }) => [name, 'reuse' as const])) },
  },
  async (ctx, { customer }) => {
    const { receipt } = await ctx.tool(charge, { customer, cents: 1_500 })
    const packed = await ctx.receive<{ parcel: string }>({ topic: 'packed' })
    return { receipt, parcel: packed.body.parcel }
  },
)
