import { verifyFrame } from '../../kernel/index.ts'
import type { Hash, Pid } from '../../std/index.ts'
import { problemIn } from '../journal-chain.ts'
import { PAGE_ROWS } from '../limits.ts'
import { framesFrom } from './load.ts'
import type { JournalProblem } from './local-engine.ts'
import type { ProcessRow } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'

/** Checks the chain of every journal, or of one (rule J1). A journal is given up at its first broken frame. */
export async function* verifyJournals(tables: Tables, hash: Hash, pid?: Pid): AsyncGenerator<JournalProblem> {
  if (pid !== undefined) {
    const row = tables.processes.byPid(pid)
    if (row !== undefined) yield* verifyJournal(tables, hash, row)
    return
  }
  for (let after = 0; ;) {
    const page = tables.processes.list({}, after, PAGE_ROWS)
    for (const row of page) yield* verifyJournal(tables, hash, row)
    if (page.length < PAGE_ROWS) return
    after = page.at(-1)!.p
  }
}

async function* verifyJournal(tables: Tables, hash: Hash, row: ProcessRow): AsyncGenerator<JournalProblem> {
  const problem = await problemIn(row.pid, framesFrom(tables, row, 0), (frame, expected) =>
    problemOf(() => verifyFrame(frame, expected, hash, tables.blobs.get)),
  )
  if (problem !== undefined) yield problem
}

function problemOf(check: () => string | undefined): string | undefined {
  try {
    return check()
  } catch (thrown) {
    return `the frame cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
}
