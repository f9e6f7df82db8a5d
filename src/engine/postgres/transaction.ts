/** A transaction on a session of its own. */
import type { Client } from 'pg'

/** Asks for rows within a transaction. */
export type Rows = <R>(text: string, ...values: readonly unknown[]) => Promise<readonly R[]>

/** Commits when `act` resolves, and takes all back when it throws. */
export async function inTransaction<T>(client: Client, act: (rows: Rows) => Promise<T>): Promise<T> {
  const rows = rowsOf(client)
  await rows('begin')
  try {
    const result = await act(rows)
    await rows('commit')
    return result
  } catch (thrown) {
    await rows('rollback').catch(() => undefined)
    throw thrown
  }
}

/** The same without one: each statement by itself. */
export const rowsOf =
  (client: Client): Rows =>
  async <R>(text: string, ...values: readonly unknown[]) =>
    (await client.query({ text, values })).rows as readonly R[]
