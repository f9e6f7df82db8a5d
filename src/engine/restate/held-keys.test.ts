import { expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { HeldKeys } from './held-keys.ts'
import { namesOf } from './wire.ts'

const names = namesOf('s')
const LONG_S = 100_000

/** Handlers that the server keeps, and what was done about them. */
function holding(...rows: readonly { readonly status: string; readonly service: string }[]) {
  const done: string[] = []
  const server = {
    query: async () =>
      rows.map(({ status, service }, i) => ({
        id: `inv_${i}`,
        status,
        target_service_name: service,
        target_service_key: 'p',
        modified_s: 0,
        now_s: LONG_S,
        last_failure: 'cannot read\n  the journal',
      })),
    act: async (invocation: string, how: string) => void done.push(`${how} ${invocation}`),
  }
  const client = { mailbox: async (_: unknown, method: string) => void done.push(method), place: async () => null }
  return { done, keys: new HeldKeys({ server, client, names } as never) }
}

it('a handler that was paused is resumed, and one that was forgotten is cancelled, which its mailbox hears', async () => {
  const { done, keys } = holding(
    { status: 'paused', service: names.mailbox },
    { status: 'suspended', service: names.process },
  )
  expect(await keys.free(asPid('p'))).toBe(true)
  expect(done).toEqual(['resume inv_0', 'cancel inv_1', 'freed'])
})

it('a process that a move holds is not freed, and not said to be: what ends that is said', async () => {
  const done: string[] = []
  const row = { pid: asPid('p'), root: asPid('r'), status: 'ready', held: 'x' }
  const client = { mailbox: async (_: unknown, method: string) => void done.push(method), place: async () => row }
  const keys = new HeldKeys({ server: { query: async () => [] }, client, names } as never)
  await expect(keys.free(asPid('p'))).rejects.toMatchObject({
    code: 'RUN_NOT_AT_REST',
    message: expect.stringContaining('skein move r --from') as string,
  })
  expect(done).toEqual([])
})

it.each([names.process, names.mailbox])('a handler of %s that fails is not said to be freed', async (service) => {
  const { done, keys } = holding({ status: 'backing-off', service })
  await expect(keys.free(asPid('p'))).rejects.toMatchObject({
    code: 'HANDLER_FAILING',
    message: expect.stringContaining('cannot read the journal; mend'),
  })
  expect(done).toEqual([])
})
