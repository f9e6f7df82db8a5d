/**
 * The outside ledger: a program of its own, with a file of its own for each run, that outlives every kill of those who ask it.
 *
 *   node ledger.ts <folder> <socket>
 *
 * Invariants:
 * 1. Every line is on disk (fsync) before anybody hears of what it says.
 * 2. What a sender who is gone had asked for is executed now or never: a look at a key waits until nothing of it is under way.
 * 3. The answer depends on tool and input alone, so that every run of a program has one right result.
 */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { LedgerEntry, LedgerLook, LedgerRequest } from './ledger-entry.ts'
import { LEDGER_PAUSE_MS_MAX, LEDGER_SLOW_EVERY, LEDGER_SLOW_MS } from './limits.ts'

const [folder = '', socket = ''] = process.argv.slice(2)
const answers = new Map<string, unknown>()
const underWay = new Map<string, Set<Promise<unknown>>>()

function write(entry: Omit<LedgerEntry, 'at'>): void {
  const file = join(folder, `ledger-${entry.run}.jsonl`)
  const isNew = !existsSync(file)
  const line = `${JSON.stringify({ ...entry, at: Date.now() } satisfies LedgerEntry)}\n`
  synced(file, 'a', (fd) => writeSync(fd, line))
  // So that the name of the file is on disk as well.
  if (isNew) synced(folder, 'r', () => undefined)
}

function synced(path: string, flags: string, use: (fd: number) => unknown): void {
  const fd = openSync(path, flags)
  use(fd)
  fsyncSync(fd)
  closeSync(fd)
}

function pause(): Promise<void> {
  const isSlow = Math.random() * LEDGER_SLOW_EVERY < 1
  return new Promise((resolve) => setTimeout(resolve, isSlow ? LEDGER_SLOW_MS : Math.random() * LEDGER_PAUSE_MS_MAX))
}

function answerTo({ tool, input }: LedgerRequest): unknown {
  return {
    [tool]: createHash('sha256')
      .update(JSON.stringify([tool, input]))
      .digest('hex')
      .slice(0, 12),
  }
}

/** Undefined when nobody is there any more to hear it. */
async function execute(run: string, request: LedgerRequest, isGone: () => boolean): Promise<unknown> {
  const { tool, key, attempt, input, inert = false, keyed = false } = request
  const about = { run, tool, key, attempt, input, inert }
  write({ ...about, what: 'begun' })
  await pause()
  if (isGone()) return write({ ...about, what: 'dropped' })
  const id = `${run} ${key}`
  if (keyed && answers.has(id)) write({ ...about, what: 'known' })
  else {
    write({ ...about, what: 'done' })
    answers.set(id, answerTo(request))
  }
  return answerTo(request)
}

async function look(run: string, { tool, key, attempt, input }: LedgerRequest): Promise<LedgerLook> {
  const id = `${run} ${key}`
  await Promise.all([...(underWay.get(id) ?? [])])
  write({ run, what: 'looked', tool, key, attempt, input, inert: true })
  return answers.has(id) ? { done: answers.get(id) } : { absent: true }
}

async function serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of asked) chunks.push(chunk as Buffer)
  const request = JSON.parse(Buffer.concat(chunks).toString()) as LedgerRequest
  const [, run = '', act] = (asked.url ?? '').split('/')
  const value = act === 'look' ? await look(run, request) : await tracked(run, request, () => answer.destroyed)
  await pause()
  answer.end(JSON.stringify(value ?? null))
}

async function tracked(run: string, request: LedgerRequest, isGone: () => boolean): Promise<unknown> {
  const id = `${run} ${request.key}`
  const all = underWay.get(id) ?? new Set()
  underWay.set(id, all)
  const executed = execute(run, request, isGone)
  all.add(executed)
  try {
    return await executed
  } finally {
    all.delete(executed)
  }
}

const server = createServer((asked, answer) => {
  // Who was killed in the middle of a sentence has asked nothing.
  serve(asked, answer).catch(() => answer.destroy())
})
server.listen(socket, () => console.log('listening'))
// It ends with who started it.
process.stdin.on('end', () => process.exit()).resume()
