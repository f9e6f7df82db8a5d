/** The examples check themselves on a Postgres server as they do on a data folder. */
import { describe } from 'vitest'
import { postgresPrograms, startPostgres } from '../../src/testing/index.ts'
import { describeExamples } from './examples.ts'

const programs = postgresPrograms()
if (programs === undefined) console.log('the examples are not tried on postgres: its server is not here')

describe.skipIf(programs === undefined)('on postgres', async () => {
  // Only workers are killed here: the server need not wait for its disk.
  await describeExamples(() => startPostgres(programs ?? '', { fsync: 'off' }))
})
