/**
 * The far side: a small shop that keeps its own books. It knows nothing of Skein; what its ledger says is what happened.
 *
 *   npx node examples/03-refund-desk/shop.ts              SHOP_PORT (4750) and SHOP_LEDGER (shop-ledger.jsonl) say where
 *   curl localhost:4750/mood -d '{"refunds":"slow"}'      and it books at once, and answers in a minute
 *
 * 1. What is booked is on disk (fsync) before anybody hears of it.
 * 2. A refund is booked once per Idempotency-Key, whoever asks how often. Mail has no key: every request is a mail.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'

const LEDGER = process.env['SHOP_LEDGER'] ?? 'shop-ledger.jsonl'
const PORT = Number(process.env['SHOP_PORT'] ?? 4750)
const SLOW_MS = 60_000

const ORDERS: Readonly<Record<string, object>> = {
  '1001': { order: '1001', customer: 'ann@example.org', item: 'kettle', price: 39 },
  '1002': { order: '1002', customer: 'bob@example.org', item: 'bicycle', price: 420 },
}

/** `slow`: books, answers in a minute · `stuck`: does nothing for a minute · `broken`: books, answers 500 · `dying`: books, dies. */
type Mood = 'well' | 'slow' | 'stuck' | 'broken' | 'dying'
type Entry = { readonly refund?: { readonly key: string; readonly order: string; readonly amount: number } }
type Answer = { readonly status: number; readonly body: unknown }

const moods: Record<'refunds' | 'mail', Mood> = { refunds: 'well', mail: 'well' }
const ledger = openSync(LEDGER, 'a')

/** Invariant 1. */
function book(entry: Entry | { readonly mail: unknown }): void {
  writeSync(ledger, `${JSON.stringify(entry)}\n`)
  fsyncSync(ledger)
}

function refundUnder(key: string | undefined): Entry['refund'] {
  const lines = existsSync(LEDGER) ? readFileSync(LEDGER, 'utf8').split('\n').filter(Boolean) : []
  return lines.map((line) => (JSON.parse(line) as Entry).refund).find((refund) => refund?.key === key)
}

/** Answers as the mood is; `act` does the work. */
async function inMood(mood: Mood, act: () => unknown): Promise<Answer> {
  if (mood === 'stuck') await setTimeout(SLOW_MS)
  const body = act()
  if (mood === 'dying') process.exit(1)
  if (mood === 'slow') await setTimeout(SLOW_MS)
  return mood === 'broken' ? { status: 500, body: 'the printer is on fire' } : { status: 200, body }
}

async function answer(method: string, path: readonly string[], key: string | undefined, body: string): Promise<Answer> {
  const [what = '', name = ''] = path
  const found = (value: unknown): Answer => ({ status: value === undefined ? 404 : 200, body: value ?? null })
  switch (`${method} ${what}`) {
    case 'GET orders':
      return found(ORDERS[name])
    case 'GET refunds':
      return found(refundUnder(decodeURIComponent(name)))
    case 'POST refunds': {
      if (key === undefined) return { status: 400, body: 'a refund needs an Idempotency-Key' }
      const { order, amount } = JSON.parse(body) as { order: string; amount: number }
      return inMood(moods.refunds, () => {
        if (refundUnder(key) === undefined) book({ refund: { key, order, amount } })
        return refundUnder(key)
      })
    }
    case 'POST mail':
      return inMood(moods.mail, () => {
        book({ mail: JSON.parse(body) })
        return { sent: true }
      })
    case 'POST mood':
      return { status: 200, body: Object.assign(moods, JSON.parse(body)) }
    default:
      return found(undefined)
  }
}

const server = createServer((request, response) => {
  const { method = 'GET', url = '/', headers } = request
  text(request)
    .then((body) => answer(method, url.split('/').slice(1), headers['idempotency-key']?.toString(), body))
    .catch((error: unknown) => ({ status: 400, body: String(error) }))
    .then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)))
    .catch(() => response.destroy())
})
server.listen(PORT, '127.0.0.1', () => {
  console.log(`the shop is open at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => {
  closeSync(ledger)
  process.exit(0)
})
