import { afterAll, describe, it } from 'vitest'
import { describeEngine, restateProgram, restateRig, startRestate } from '../../src/testing/index.ts'
import type { LocalRestate } from '../../src/testing/index.ts'

const program = restateProgram()
let server: Promise<LocalRestate> | undefined

if (program === undefined)
  console.log('engine restate is not tried: @restatedev/restate-server has no program for this machine')

describe.skipIf(program === undefined)('on a server of its own', () => {
  describeEngine(
    'restate',
    restateRig(() => (server ??= startRestate(program ?? ''))),
    {
      describe,
      it,
      skip: [
        {
          rule: 'T1: an owner that was overtaken writes nothing more and starts nothing more',
          reason: 'the server opens one handler per process at a time and refuses what an older attempt says',
        },
        {
          rule: 'T5: a failed commit stops the store: no driver starts, activations are dropped, reopening goes on from what is durable',
          reason: "the store is the server's, and cannot be made to fail from here",
        },
        {
          rule: 'M6: a full mailbox says so, and takes more when it was read',
          reason: 'it holds, but its 64 MiB through a server of 128 MB take longer than all other rules together',
        },
      ],
    },
  )
  afterAll(async () => (await server)?.[Symbol.asyncDispose]())
})
