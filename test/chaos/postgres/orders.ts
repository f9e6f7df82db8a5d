/** What the workers of this campaign run: orders, each with a child, a message from outside, and writes of every kind. */
import { workflow } from 'skein'
import { z } from 'zod'
import { book, fetchPage, mail, pay } from '../far-tools.ts'

const input = z.object({ n: z.number() })

/** The workflows as they stood at a deploy: the newest code, and that of the deploys before, for what it has begun. */
export function definitions(deploys: number) {
  return Array.from({ length: deploys + 1 }, (_, version) => versioned(String(version))).flat()
}

function versioned(version: string) {
  const parcel = workflow({ name: 'parcel', version, input }, async (ctx, { n }) => {
    const page = await ctx.tool(fetchPage, { parcel: n })
    return { page, paid: await ctx.tool(pay, { parcel: n }) }
  })
  const order = workflow({ name: 'order', version, input }, async (ctx, { n }) => {
    const page = await ctx.tool(fetchPage, { order: n })
    const [paid, booked, parcelled] = await ctx.all([
      (c) => c.tool(pay, { order: n }),
      (c) => c.tool(book, { order: n }),
      (c) => c.run(parcel, { n }),
    ])
    await ctx.sleep('30ms')
    const message = await ctx.receive({ topic: 'go' })
    return { page, paid, booked, parcelled, message: message.body, mailed: await ctx.tool(mail, { order: n }) }
  })
  return [parcel, order]
}
