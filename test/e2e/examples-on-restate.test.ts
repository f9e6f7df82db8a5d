/** The examples check themselves on a Restate server as they do on a data folder. */
import { describe } from 'vitest'
import { restateProgram, startRestate } from '../../src/testing/index.ts'
import { describeExamples } from './examples.ts'

const program = restateProgram()
if (program === undefined) console.log('the examples are not tried on restate: its server is not here')

describe.skipIf(program === undefined)('on restate', async () => {
  await describeExamples(async () => {
    const server = await startRestate(program ?? '')
    return {
      url: `restate://${new URL(server.ingress).host}?admin=${encodeURIComponent(server.admin)}`,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  })
})
