/** Payloads of the Restate engine in a bucket. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openRestate, s3 } from '../../src/engine/index.ts'
import { restateProgram, startRestate } from '../../src/testing/index.ts'
import type { LocalRestate } from '../../src/testing/index.ts'
import { describePayloadsOutside } from '../fixtures/payloads-outside.ts'
import { hasS3, s3Server } from '../fixtures/s3-server.ts'
import type { LocalS3 } from '../fixtures/s3-server.ts'

const program = hasS3() ? restateProgram() : undefined
/** The server knows a worker by its address: whoever comes next takes the same. */
const ports = new Map<number, number>()
let server: LocalRestate
let bucket: LocalS3
let prefixes = 0

if (program === undefined)
  console.log('payloads of restate in a bucket are not tried: the server, or a package, is not installed here')

describe.skipIf(program === undefined)('on servers of their own', () => {
  beforeAll(async () => {
    bucket = await s3Server()
    server = await startRestate(program ?? '')
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })

  describePayloadsOutside(
    'restate',
    async (n, options) => {
      const engine = await openRestate({
        ingress: server.ingress,
        admin: server.admin,
        name: `blobs-${n}`,
        // Whoever has forgotten the store only looks.
        ...(options.blobs === undefined ? { serve: false } : { ...options, worker: { port: ports.get(n) ?? 0 } }),
        clock: nodeClock,
        random: nodeRandom,
        hash: nodeHash,
      })
      if (engine.port !== undefined) ports.set(n, engine.port)
      return engine
    },
    { store: () => s3({ ...bucket.options, prefix: `r${(prefixes += 1)}/` }), describe, it },
  )
})
