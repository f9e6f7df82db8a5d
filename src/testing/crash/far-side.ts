/** The outside ledger as its clients see it. */
import type { LedgerLook, LedgerRequest } from './ledger-entry.ts'

/** One run's way to the ledger. */
export interface FarSide {
  /** Does it. Rejects as a broken connection does when the signal is aborted. */
  do(asked: LedgerRequest, signal?: AbortSignal): Promise<unknown>
  /** What became of a key. */
  look(asked: LedgerRequest): Promise<LedgerLook>
}

/** The ledger that listens on `socket`, for the run of this name. */
export function farSide(socket: string, run: string): FarSide {
  // Not imported: that would load all of undici in every life that is killed.
  const { request } = process.getBuiltinModule('node:http')
  const post = (act: string, asked: LedgerRequest, signal?: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const path = `/${run}/${act}`
      // A connection of its own: one that stood idle may be closed by the ledger just then, a fault that is not tried here.
      const options = { socketPath: socket, path, method: 'POST', agent: false, ...(signal ? { signal } : {}) } as const
      const sent = request(options, (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
        answer.on('end', () => resolve(JSON.parse(text)))
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(JSON.stringify(asked))
    })
  return {
    do: (asked, signal) => post('do', asked, signal),
    look: async (asked) => (await post('look', asked)) as LedgerLook,
  }
}
