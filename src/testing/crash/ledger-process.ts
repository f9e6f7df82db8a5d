import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LedgerEntry } from './ledger-entry.ts'

const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'ledger.ts' : 'ledger.js', import.meta.url))

/** A ledger that runs. */
export interface LedgerProcess extends AsyncDisposable {
  readonly socket: string
  /** What it has written down of a run. */
  entries(run: string): readonly LedgerEntry[]
  /** How many of them, though it is just writing down another one. */
  count(run: string): number
}

/** Starts a ledger as a process of its own, with its files in `folder`; `program` is where its program lies. */
export async function startLedger(folder: string, program = PROGRAM): Promise<LedgerProcess> {
  const socket = join(folder, 'ledger.sock')
  const fileOf = (run: string): string => join(folder, `ledger-${run}.jsonl`)
  const child = spawn(process.execPath, [program, folder, socket], { stdio: ['pipe', 'pipe', 'inherit'] })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the ledger did not start'))),
  ])
  return {
    socket,
    entries: (run) =>
      existsSync(fileOf(run))
        ? readFileSync(fileOf(run), 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as LedgerEntry)
        : [],
    count: (run) => (existsSync(fileOf(run)) ? readFileSync(fileOf(run), 'utf8').split('\n').length - 1 : 0),
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}
