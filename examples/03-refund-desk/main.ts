/**
 * A refund desk that can be killed at any moment: no refund is paid twice, none is lost, and nobody has to guess.
 * Needs no key; with SKEIN_MODEL=openai/gpt-5.4 (and OPENAI_API_KEY) a real model sits at the desk.
 *
 *   npx node examples/03-refund-desk/shop.ts &                    # the far side, with a ledger of its own
 *   npx skein run examples/03-refund-desk/main.ts --id ann --input '"Order 1001 leaks."'
 *   npx skein run examples/03-refund-desk/main.ts --id bob --input '"Order 1002 has no wheels."'
 *   npx skein inbox                                               # 420 is over 50: bob's refund waits for you
 *   npx skein approve bob/refund
 *   npx skein run examples/03-refund-desk/main.ts --id bob        # goes on where it was, even a week later
 *
 * Now kill it in the middle of a refund. The shop has booked it, and we have not heard:
 *
 *   curl localhost:4750/mood -d '{"refunds":"slow"}'
 *   npx skein run examples/03-refund-desk/main.ts --id cid --input '"Order 1001 leaks."' & sleep 3; kill -9 $!
 *   npx skein run examples/03-refund-desk/main.ts --id cid        # asks the shop, hears "done", does not pay again
 *
 * And in the middle of a mail, which the far side cannot look up. Then it asks you, and takes your word:
 *
 *   curl localhost:4750/mood -d '{"refunds":"well","mail":"slow"}'
 *   npx skein run examples/03-refund-desk/main.ts --id dan --input '"Order 1001 leaks."' & sleep 3; kill -9 $!
 *   npx skein run examples/03-refund-desk/main.ts --id dan        # parked: was the mail sent? (shop-ledger.jsonl knows)
 *   npx skein resolve dan/send_mail --done '{"sent":true}'
 *   npx skein run examples/03-refund-desk/main.ts --id dan
 */
import { agent, tool } from 'skein'
import { z } from 'zod'
import { byRote } from './by-rote.ts'

const SHOP = process.env['SHOP_URL'] ?? 'http://127.0.0.1:4750'
const APPROVAL_FROM = 50

/** An answer that is no answer carries its status: after a 5xx nobody knows whether it was booked. */
async function shop<T>(path: string, init: RequestInit = {}): Promise<T | undefined> {
  const response = await fetch(new URL(path, SHOP), init)
  if (response.status === 404) return undefined
  const { status } = response
  if (!response.ok) throw Object.assign(new Error(`the shop answered ${status}: ${await response.text()}`), { status })
  return (await response.json()) as T
}

const lookUpOrder = tool({
  description: 'Look up an order by its number.',
  effect: 'read',
  inputSchema: z.object({ order: z.string() }),
  execute: async ({ order }, { abortSignal }) =>
    (await shop<object>(`/orders/${encodeURIComponent(order)}`, { signal: abortSignal ?? null })) ??
    `there is no order ${order}`,
})

type Refund = { readonly order: string; readonly amount: number }

/** A payment: sent under its key, and looked up by its key when its outcome is in doubt. */
const refund = tool({
  description: 'Pay the price of an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number().positive() }),
  needsApproval: ({ amount }) => amount > APPROVAL_FROM,
  execute: async (input, { idempotencyKey }) => {
    const headers = { 'Idempotency-Key': idempotencyKey }
    return shop<Refund>('/refunds', { method: 'POST', headers, body: JSON.stringify(input) })
  },
  reconcile: async (_, { idempotencyKey }) => {
    const booked = await shop<Refund>(`/refunds/${encodeURIComponent(idempotencyKey)}`)
    return booked === undefined ? { absent: true } : { done: booked }
  },
})

/** A plain write: the mail server knows no keys, so in doubt a person decides. */
const sendMail = tool({
  description: 'Send a mail to a customer.',
  inputSchema: z.object({ to: z.string(), text: z.string() }),
  execute: (mail) => shop<{ sent: boolean }>('/mail', { method: 'POST', body: JSON.stringify(mail) }),
})

export default agent({
  name: 'refund-desk',
  model: process.env['SKEIN_MODEL'] ?? byRote,
  instructions:
    'You are the refund desk of a shop. Look the order up, refund its price, and tell the customer by mail.',
  tools: { look_up_order: lookUpOrder, refund, send_mail: sendMail },
})
