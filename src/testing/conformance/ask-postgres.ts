/** What tests and campaigns ask a PostgreSQL server themselves, beside the workers on it. */
const DEADLOCK = '40P01'
const TRIES = 10

/** One statement on a connection of its own; its rows. */
export async function askPostgres<R = unknown>(connectionString: string, text: string): Promise<readonly R[]> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query({ text })).rows as readonly R[]
  } finally {
    await client.end()
  }
}

/**
 * Takes an installation off the server. What a worker that is gone had sent may still be carried out there, and locks tables in
 * an order of its own: the server then ends one of the two, and if it was this one it is said again.
 */
export async function dropSchema(connectionString: string, schema: string): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      await askPostgres(connectionString, `drop schema if exists ${schema} cascade`)
      return
    } catch (thrown) {
      if (left === 1 || !(thrown instanceof Error && 'code' in thrown && thrown.code === DEADLOCK)) throw thrown
    }
  }
}
