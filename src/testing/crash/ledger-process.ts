import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LedgerEntry } from './ledger-entry.ts'

const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'ledger.ts' : 'ledger.js', import.meta.url))

/** A ledger that runs. */
export interface LedgerProcess extends AsyncDisposable {
  readonly socket: string
  /** What its file says of a run. */
  entries(run: string): readonly LedgerEntry[]
}

/** Starts a ledger as a process of its own, with its file in `folder`. */
export async function startLedger(folder: string): Promise<LedgerProcess> {
  const file = join(folder, 'ledger.jsonl')
  const socket = join(folder, 'ledger.sock')
  const child = spawn(process.execPath, [PROGRAM, file, socket], { stdio: ['pipe', 'pipe', 'inherit'] })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the ledger did not start'))),
  ])
  return {
    socket,
    entries: (run) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`"run":${JSON.stringify(run)}`))
        .map((line) => JSON.parse(line) as LedgerEntry),
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}
