import { CHAIN_START, verifyFrame } from '../../kernel/index.ts'
import type { Hash, Pid } from '../../std/index.ts'
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

function* verifyJournal(tables: Tables, hash: Hash, row: ProcessRow): Generator<JournalProblem> {
  let expected = { n: 0, prevHash: CHAIN_START }
  for (const frame of framesFrom(tables, row, 0)) {
    const problem = problemOf(() => verifyFrame(frame, expected, hash, tables.blobs.get))
    if (problem !== undefined) return yield { pid: row.pid, n: expected.n, problem }
    expected = { n: frame.n + 1, prevHash: frame.hash }
  }
}

function problemOf(check: () => string | undefined): string | undefined {
  try {
    return check()
  } catch (thrown) {
    return `the frame cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
}
