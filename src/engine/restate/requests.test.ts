import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { Requests } from './requests.ts'

/** Something that answers as it likes. */
async function serving(answer: RequestListener) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const GET = { method: 'GET', headers: {}, silenceMsMax: 10_000 }

it('what is asked arrives, and what is answered, in whatever parts', async () => {
  using server = await serving((asked, response) => {
    let said = ''
    asked.setEncoding('utf8').on('data', (part: string) => (said += part))
    asked.on('end', () => {
      response.writeHead(202)
      // A letter of two bytes, one of them in each part.
      const bytes = Buffer.from(`${asked.method} ${String(asked.headers['x-k'])} ${said}`)
      response.write(bytes.subarray(0, -1))
      setTimeout(() => response.end(bytes.subarray(-1)), 5)
    })
  })
  const question = { method: 'POST', headers: { 'x-k': 'v' }, body: '"ü', silenceMsMax: 10_000 }
  const requests = new Requests()
  expect(await requests.ask(server.url, question)).toEqual({ status: 202, text: 'POST v "ü' })
  requests.close()
})

it.each([
  ['says nothing for as long as was given', (): void => {}, 50],
  ['breaks off before it answers', ((asked) => asked.socket.destroy()) satisfies RequestListener, 10_000],
  [
    'breaks off in the middle of an answer',
    ((asked, response) => {
      response.write('{"half":')
      setTimeout(() => asked.socket.destroy(), 5)
    }) satisfies RequestListener,
    10_000,
  ],
])('a server that %s has failed', async (_, answer: RequestListener, silenceMsMax) => {
  using server = await serving(answer)
  const requests = new Requests()
  await expect(requests.ask(server.url, { ...GET, silenceMsMax })).rejects.toBeInstanceOf(Error)
  requests.close()
})

it('what is under way when nobody wants answers any more fails at once', async () => {
  using server = await serving(() => {})
  const requests = new Requests()
  const asked = requests.ask(server.url, GET)
  requests.close()
  await expect(asked).rejects.toBeInstanceOf(Error)
})
