/** Schemas of every version that a build has made come to the present one, whole. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openPostgres } from '../../src/engine/index.ts'
import type { PostgresEngine } from '../../src/engine/index.ts'
import { FUNCTIONS, SCHEMA_VERSION } from '../../src/engine/postgres/migrate.ts'
import { TABLE_CHANGES } from '../../src/engine/postgres/sql/tables.ts'
import { askPostgres } from '../../src/testing/conformance/ask-postgres.ts'
import { messageOf, Puppet, saying, startOf } from '../../src/testing/conformance/puppet.ts'
import { postgresPrograms, startPostgres } from '../../src/testing/index.ts'
import type { LocalPostgres } from '../../src/testing/index.ts'

const programs = hasPackage() ? postgresPrograms() : undefined
const FOLDER = new URL('../fixtures/postgres-schemas/', import.meta.url)
/** Of version 1, by the first and by the last build that made it: its functions and tables were changed in place. */
const OLD = readdirSync(FOLDER).toSorted()
let server: LocalPostgres

if (programs === undefined)
  console.log('schemas of postgres are not tried: PostgreSQL, or the package pg, is not installed here')

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}

const opened = (schema: string): Promise<PostgresEngine> =>
  openPostgres({ connectionString: server.url, schema, clock: nodeClock, random: nodeRandom, hash: nodeHash })

/** What the present code stands on: functions with their text, columns, indexes. */
async function shapeOf(schema: string): Promise<readonly string[]> {
  const rows = await askPostgres<{ readonly what: string }>(
    server.url,
    `select replace(what, '${schema}.', '') as what from (
      select pg_get_functiondef(p.oid) as what from pg_proc p join pg_namespace n on n.oid = p.pronamespace where nspname = '${schema}'
      union all select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
        from information_schema.columns where table_schema = '${schema}'
      union all select indexdef from pg_indexes where schemaname = '${schema}') one order by 1`,
  )
  return rows.map(({ what }) => what)
}

it('no version that was released is changed: whoever changes tables or functions adds an entry', () => {
  const digests = [...TABLE_CHANGES, FUNCTIONS].map((text) => nodeHash.sha256(text).slice(0, 12))
  expect([SCHEMA_VERSION, digests]).toEqual([2, ['102064042a3b', 'fb2dae4b5e44', 'a7395cd3f39f']])
})

describe.skipIf(programs === undefined)('a schema', () => {
  beforeAll(async () => {
    server = await startPostgres(programs ?? '', { fsync: 'off' })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it.each(OLD)('that another build made has all that the present one makes, and works: %s', async (file) => {
    const schema = `old_${OLD.indexOf(file)}`
    const made = readFileSync(new URL(file, FOLDER), 'utf8')
    const [version = ''] = file.split('-')
    await askPostgres(
      server.url,
      `create schema ${schema}; set search_path to ${schema}; ${made}; comment on schema ${schema} is 'skein ${version}'`,
    )
    const fresh = `fresh_${OLD.indexOf(file)}`
    await using _ = await opened(fresh)
    await using engine = await opened(schema)
    const present = new Set(await shapeOf(schema))
    expect((await shapeOf(fresh)).filter((what) => !present.has(what))).toEqual([])
    const puppet = new Puppet()
    await engine.host(puppet.run)
    for (const pid of ['p', 'q']) await engine.start(startOf(pid))
    const lane = await puppet.nextOf('p')
    lane.frame(['a'], { sent: [saying(messageOf('q', 'm'))] })
    await lane.end()
    expect((await engine.inspect('p' as never))?.status).toBe('done')
    expect((await engine.inspect('q' as never))?.mailbox).toBe(1)
    expect(await engine.unconfirmed('elsewhere')).toEqual([])
  })
})
