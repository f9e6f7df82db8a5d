/** A worker over Postgres, as docs/guide/postgres.md shows it. */
import { open, workflow } from 'skein'
import { postgres } from 'skein/engine'

const settle = workflow({ name: 'settle' }, (ctx) => ctx.step('note', () => 'settled'))

const engine = await postgres({ connectionString: 'postgresql://app:secret@db.internal/app' })
await using skein = await open({ engine, workflows: [settle] })
await skein.closed
