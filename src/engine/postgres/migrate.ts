/** The tables and functions of an installation: made, and brought up to date, in one transaction under a lock. */
import type { Client } from 'pg'
import { SkeinError } from '../../std/index.ts'
import { SERVER_VERSION_LEAST } from './limits.ts'
import { shownAddress } from './server-error.ts'
import { ARRIVALS } from './sql/arrivals.ts'
import { BATCH } from './sql/batch.ts'
import { TABLE_CHANGES } from './sql/tables.ts'

/** Made anew with every version: whoever changes one adds an entry to `TABLE_CHANGES`, be it empty (a test holds them to it). */
export const FUNCTIONS = `${ARRIVALS}${BATCH}select ensure_partition(0);`
/** The version of this build. */
export const SCHEMA_VERSION = TABLE_CHANGES.length
const MARK = 'skein'

type Where = { readonly schema: string; readonly connectionString: string }

/**
 * Brings a schema to the version of this build; makes it where there is none. Throws `ENGINE_TOO_OLD` for an old server,
 * `ENGINE_FOREIGN` for a schema of somebody else's, `DATA_FOLDER_NEWER` for one that a newer build has made.
 */
export async function migrate(client: Client, { schema, connectionString }: Where): Promise<void> {
  const where = shownAddress(connectionString)
  await checkServer(client, where)
  await client.query({ text: 'begin' })
  try {
    await client.query({ text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [`skein ${schema}`] })
    const version = await versionOf(client, { schema, where })
    if (version > SCHEMA_VERSION)
      throw new SkeinError(
        'DATA_FOLDER_NEWER',
        `the schema ${schema} on ${where} is of version ${version}, this build knows ${SCHEMA_VERSION}; update skein`,
      )
    await client.query({ text: `set local search_path to "${schema}"` })
    if (version < SCHEMA_VERSION) {
      for (const change of [...TABLE_CHANGES.slice(version), FUNCTIONS]) await client.query({ text: change })
      const mark = `${MARK} ${SCHEMA_VERSION}`
      await client.query({ text: `comment on schema "${schema}" is '${mark}'` })
    }
    await client.query({ text: 'commit' })
  } catch (thrown) {
    await client.query({ text: 'rollback' }).catch(() => undefined)
    throw thrown
  }
}

async function checkServer(client: Client, where: string): Promise<void> {
  const { rows } = await client.query({
    text: `select current_setting('server_version_num')::int as number, version() as name`,
  })
  const [server] = rows as readonly { readonly number: number; readonly name: string }[]
  if (server!.number >= SERVER_VERSION_LEAST) return
  const least = Math.floor(SERVER_VERSION_LEAST / 10_000)
  throw new SkeinError('ENGINE_TOO_OLD', `${where} is ${server!.name}; Skein needs PostgreSQL ${least} or later`)
}

/** The version that stands with the schema; 0 when it is made now. */
async function versionOf(
  client: Client,
  { schema, where }: { readonly schema: string; readonly where: string },
): Promise<number> {
  const { rows } = await client.query({
    text: `select n.oid::int as oid, obj_description(n.oid, 'pg_namespace') as mark,
      exists(select from pg_class c where c.relnamespace = n.oid) as is_used from pg_namespace n where nspname = $1`,
    values: [schema],
  })
  const [found] = rows as readonly { readonly mark: string | null; readonly is_used: boolean }[]
  if (found === undefined) {
    await client.query({ text: `create schema "${schema}"` })
  } else {
    const [mark, version] = (found.mark ?? '').split(' ')
    if (mark === MARK) return Number(version)
    if (found.is_used)
      throw new SkeinError(
        'ENGINE_FOREIGN',
        `the schema ${schema} on ${where} holds tables that are not of Skein; give this installation another \`schema\``,
      )
  }
  return 0
}
