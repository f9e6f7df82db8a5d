/**
 * The self-checks of the examples whose commands people type, for an engine that workers share: three of them; all with
 * `EXAMPLES=all`. Two are not of that kind. 00 is a program of six lines around `run()`, and 01 one around `open({ data })`:
 * each hosts its own runs in a data folder, and takes no engine. That such a program runs on any is for restate.test.ts and
 * the conformance suite.
 */
import { afterAll, beforeAll } from 'vitest'
import { TEST_ENGINE } from './shared-engine.ts'

type Server = AsyncDisposable & { readonly url: string }

/** Registers them; the server is started before the first, and stopped after the last. */
export async function describeExamples(start: () => Promise<Server>): Promise<void> {
  let server: Server | undefined
  beforeAll(async () => {
    server = await start()
    process.env[TEST_ENGINE] = server.url
  })
  afterAll(async () => {
    Reflect.deleteProperty(process.env, TEST_ENGINE)
    await server?.[Symbol.asyncDispose]()
  })
  await import('../../examples/02-brief/brief.test.ts')
  await import('../../examples/04-approval/approval.test.ts')
  await import('../../examples/07-fork/fork.test.ts')
  if (process.env['EXAMPLES'] !== 'all') return
  await import('../../examples/03-refund-desk/refund-desk.test.ts')
  await import('../../examples/05-long-lived/long-lived.test.ts')
  await import('../../examples/06-upgrade/upgrade.test.ts')
  await import('../../examples/08-versions/versions.test.ts')
}
