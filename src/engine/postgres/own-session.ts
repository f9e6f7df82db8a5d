/**
 * Whether a connection has a session of its own. A pooler that hands sessions out by the transaction (PgBouncer in transaction
 * mode, and its like) delivers no notification, and loses what was set: workers would wake up late and write into any schema.
 */
import type { Client } from 'pg'
import { SkeinError } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import type { Connection } from './connection.ts'
import { POOLER_ANSWERS_MS } from './limits.ts'
import { shownAddress } from './server-error.ts'

const MARK = 'skein.session'
const OWN = 'own'

type Where = { readonly connectionString: string; readonly clock: Clock }

/** Throws `ENGINE_REFUSED` when a session is shared. `beside`: another connection to the same place. */
export async function demandOwnSession(
  db: Pick<Connection, 'do'>,
  beside: Pick<Connection, 'do'>,
  { connectionString, clock }: Where,
): Promise<void> {
  if (await db.do(marked)) return
  const isOwn = await beside.do(async (client) => {
    // Whose transaction is open takes the session that was used last, so that the first one gets another.
    await client.query({ text: 'begin' })
    const kept = db.do(markOf).catch(() => undefined)
    // A pooler with a single session gives none at all.
    const late = Promise.withResolvers<undefined>()
    using _ = clock.timer(POOLER_ANSWERS_MS, () => late.resolve(undefined))
    const mark = await Promise.race([kept, late.promise])
    await client.query({ text: 'rollback' })
    await kept
    return mark === OWN
  })
  if (isOwn) return
  throw new SkeinError(
    'ENGINE_REFUSED',
    `${shownAddress(connectionString)} is a pooler that shares sessions between transactions: no worker would hear of its work there; ` +
      'give the address of the server itself, or of a pool in session mode',
  )
}

/** Marks the session; true when nobody stands between: a pooler tells a number of its own for the server's process. */
async function marked(client: Client): Promise<boolean> {
  const { rows } = await client.query({
    text: `select pg_backend_pid() as pid, set_config('${MARK}', '${OWN}', false)`,
  })
  return (rows as readonly { readonly pid: number }[])[0]?.pid === client.processID
}

async function markOf(client: Client): Promise<string | undefined> {
  const { rows } = await client.query({ text: `select current_setting('${MARK}', true) as mark` })
  return (rows as readonly { readonly mark: string }[])[0]?.mark
}
