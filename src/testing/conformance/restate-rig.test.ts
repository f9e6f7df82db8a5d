import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { restateRig } from './restate-rig.ts'

it('a test that fails is heard of, though its server has gone mad meanwhile', async () => {
  const server = createServer((_, response) => response.end('no JSON'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = restateRig(async () => ({
    ingress: url,
    admin: url,
    restart: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }))
  try {
    await expect(open(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
  } finally {
    server.close()
  }
})
