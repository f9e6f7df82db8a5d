import type { Connection } from './connection.ts'

/** Tables in which something of an erased process may have lain. */
const BESIDE = ['birth', 'blob', 'dead_letter', 'mail', 'process', 'settlement', 'wait'] as const

/** Writes anew what something was erased from, so that nothing is left of it in the files. Partition by partition. */
export async function compactTables(db: Connection): Promise<void> {
  const parts = await db.rows<{ readonly name: string }>({
    text: `select distinct f.tableoid::regclass::text as name from erased e join frame f on f.p = e.p`,
  })
  for (const name of [...parts.map((part) => part.name), ...BESIDE]) await db.rows({ text: `vacuum (full) ${name}` })
}
