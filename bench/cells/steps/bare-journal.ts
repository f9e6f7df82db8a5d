/**
 * A loop by hand with a journal by hand (none with `--store none`): a row per model answer and per tool result in
 * SQLite (WAL, synchronous FULL), rows of one tick in one transaction, and the loop waits for its row. It resumes
 * nothing; it is the floor.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { measure, settings } from './measure.ts'
import { add, addInput, modelDelay, STEPS } from './task.ts'

type Row = { readonly run: number; readonly seq: number; readonly body: string; readonly done: () => void }
type Message =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly calls: readonly Call[] }
  | { readonly role: 'tool'; readonly id: string; readonly content: string }
type Call = { readonly id: string; readonly name: string; readonly args: string }

const given = settings()
const data = mkdtempSync(join(tmpdir(), 'bare-bench-'))
const db = new DatabaseSync(given.store === 'folder' ? join(data, 'journal.db') : ':memory:')
db.exec('pragma journal_mode = wal; pragma synchronous = full')
db.exec('create table journal(run integer, seq integer, body text, primary key(run, seq)) without rowid')
const insert = db.prepare('insert into journal values(?, ?, ?)')
const begin = db.prepare('begin immediate')
const commit = db.prepare('commit')
let queue: Row[] = []

function write(run: number, seq: number, body: unknown): Promise<void> {
  if (given.store === 'none') return Promise.resolve()
  return new Promise((done) => {
    if (queue.length === 0) setImmediate(flush)
    queue.push({ run, seq, body: JSON.stringify(body), done })
  })
}

function flush(): void {
  const rows = queue
  queue = []
  begin.run()
  for (const { run, seq, body } of rows) insert.run(run, seq, body)
  commit.run()
  for (const { done } of rows) done()
}

async function model(
  messages: readonly Message[],
): Promise<{ readonly text: string; readonly calls: readonly Call[] }> {
  await modelDelay(given.atOnce)
  const n = messages.filter(({ role }) => role === 'tool').length
  return n < STEPS
    ? { text: '', calls: [{ id: `c${n}`, name: 'add', args: `{"a":${n},"b":1}` }] }
    : { text: 'done', calls: [] }
}

async function run(i: number): Promise<string> {
  const messages: Message[] = [
    { role: 'system', content: 'You add numbers.' },
    { role: 'user', content: 'go' },
  ]
  for (let seq = 0; ;) {
    const { text, calls } = await model(messages)
    await write(i, seq++, { text, calls })
    messages.push({ role: 'assistant', content: text, calls })
    if (calls.length === 0) return text
    for (const { id, args } of calls) {
      const result = add(addInput.parse(JSON.parse(args)))
      await write(i, seq++, result)
      messages.push({ role: 'tool', id, content: JSON.stringify(result) })
    }
  }
}

try {
  await measure(given, run)
} finally {
  db.close()
  rmSync(data, { recursive: true, force: true })
}
