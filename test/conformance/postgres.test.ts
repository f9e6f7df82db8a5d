import { createRequire } from 'node:module'
import { afterAll, describe, it } from 'vitest'
import { describeEngine, postgresPrograms, postgresRig, startPostgres } from '../../src/testing/index.ts'
import type { LocalPostgres } from '../../src/testing/index.ts'

const programs = hasPackage() ? postgresPrograms() : undefined
let server: Promise<LocalPostgres> | undefined

if (programs === undefined)
  console.log('engine postgres is not tried: PostgreSQL, or the package pg, is not installed here')

describe.skipIf(programs === undefined)('on a server of its own', () => {
  describeEngine(
    'postgres',
    // Only workers are killed here: the server need not wait for its disk.
    postgresRig(() => (server ??= startPostgres(programs ?? '', { fsync: 'off' }))),
    {
      describe,
      it,
      skip: [
        {
          rule: 'T5: a failed commit stops the store: no driver starts, activations are dropped, reopening goes on from what is durable',
          reason: 'a commit whose connection broke is asked again under its number; the campaign cuts connections',
        },
      ],
    },
  )
  afterAll(async () => (await server)?.[Symbol.asyncDispose]())
})

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}
