/** A clerk who works by rote, for machines without a key: looks the order up, refunds it, and writes what came of it. */
import { scriptedModel } from 'skein/testing'

type Order = { readonly order: string; readonly customer: string; readonly item: string; readonly price: number }

/** Stands in for a model; `SKEIN_MODEL=openai/gpt-5.4` puts a real one in its place. */
export const byRote = scriptedModel(
  ({ turn, options, results }) => {
    const said = options.prompt.map(({ content }) => JSON.stringify(content)).join(' ')
    const number = /\b\d{4}\b/.exec(said)?.[0]
    const order = orderIn(options.prompt)
    if (turn === 0)
      return number === undefined
        ? 'Which order is it about?'
        : { calls: [{ tool: 'look_up_order', input: { order: number } }] }
    if (order === undefined) return `There is no order ${number}.`
    if (turn === 1) return { calls: [{ tool: 'refund', input: { order: order.order, amount: order.price } }] }
    const isPaid = typeof results[0] === 'object'
    const news = isPaid ? `We have refunded ${order.price} for your ${order.item}.` : 'We cannot refund this order.'
    if (turn === 2) return { calls: [{ tool: 'send_mail', input: { to: order.customer, text: news } }] }
    return `${order.customer} was told: ${lastMail(options.prompt)}`
  },
  { provider: 'by-rote', modelId: 'clerk' },
)

type Prompt = readonly { readonly role: string; readonly content: unknown }[]
type Part = { readonly toolName?: string; readonly output?: { readonly value?: unknown }; readonly input?: unknown }

function partsOf(prompt: Prompt): readonly Part[] {
  return prompt.flatMap(({ content }) => (Array.isArray(content) ? (content as Part[]) : []))
}

function orderIn(prompt: Prompt): Order | undefined {
  const found = partsOf(prompt).find((part) => part.toolName === 'look_up_order' && part.output !== undefined)
  return typeof found?.output?.value === 'object' ? (found.output.value as Order) : undefined
}

function lastMail(prompt: Prompt): string {
  const mail = partsOf(prompt).findLast((part) => part.toolName === 'send_mail' && part.input !== undefined)
  return String((mail?.input as { readonly text?: string } | undefined)?.text)
}
