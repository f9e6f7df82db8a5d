import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { Clock, SkeinError } from '../../std/index.ts'
import { SERVICES_HEARD_MS } from './limits.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { restate } from './restate.ts'
import { MARKED } from './sdk.ts'
import { isOlder, RestateServer } from './server.ts'

type Answer = readonly [status: number, body?: unknown]

/** Something that answers on the port of a server. */
async function pretending(answer: (asked: IncomingMessage) => Answer) {
  const server = createServer((asked, response) => {
    const [status, body = ''] = answer(asked)
    response.writeHead(status).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    options: { ingress: url, admin: url, timeoutMs: 30_000 },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

const version = { version: '1.7.12' }

it('a server that is not there is unreachable, after it was tried for as long as was asked', async () => {
  const gone = await pretending(() => [200])
  await gone[Symbol.asyncDispose]()
  await expect(restate({ ...gone.options, timeoutMs: 300 })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    retryable: true,
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

it.each([
  ['by itself is given all the time there is, as it would only become slower', 1, 1],
  ['among others is left for the next one', 2, 1],
])('a node that does not answer, and which is %s', async (_, nodes, asked) => {
  let count = 0
  const silent = createServer(() => (count += 1))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const given = { ingress: Array.from({ length: nodes }, () => url), admin: url, timeoutMs: 400 }
  const server = new RestateServer(given, { clock: nodeClock, random: nodeRandom })
  await expect(server.read({ service: 's', key: 'k', handler: 'h' })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
  })
  expect(count).toBe(asked)
  silent.closeAllConnections()
  silent.close()
})

it.each([
  ['without an end', (response: ServerResponse) => setInterval(() => response.write(' '), 5)],
  ['by sending elsewhere', (response: ServerResponse) => response.writeHead(302, { location: '/login' }).end()],
  ['by sending nowhere', (response: ServerResponse) => response.writeHead(302).end()],
])('a server that answers %s has not taken what was said to it', async (_, answer) => {
  let dripping: unknown
  const wrong = createServer((_asked, response) => (dripping = answer(response)))
  await new Promise<void>((resolve) => wrong.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(wrong.address() as AddressInfo).port}`
  const server = new RestateServer(
    { ingress: url, admin: url, timeoutMs: 200 },
    { clock: nodeClock, random: nodeRandom },
  )
  await expect(server.call({ service: 's', key: 'k', handler: 'h' }, null)).rejects.toMatchObject({
    code: expect.stringMatching(/^ENGINE_(UNREACHABLE|REFUSED)$/),
  })
  clearInterval(dripping as NodeJS.Timeout)
  wrong.closeAllConnections()
  wrong.close()
})

it('a server that is busy is asked again', async () => {
  let asked = 0
  await using server = await pretending(({ url }) => {
    if (url !== '/version') return [200, { switches: [] }]
    return ++asked < 3 ? [503] : [200, version]
  })
  await using engine = await restate({ ...server.options, serve: false })
  expect([asked, await engine.switches()]).toEqual([3, []])
})

it('a node that has just come up is asked again for a service that it has not heard of', async () => {
  let asked = 0
  await using server = await pretending(({ url }) => {
    if (url === '/version') return [200, version]
    return ++asked === 1 ? [404, { message: 'service not found' }] : [200, { switches: [] }]
  })
  await using engine = await restate({ ...server.options, serve: false })
  expect([asked, await engine.switches()]).toEqual([2, []])
})

it('how long a node knows of no service counts from its first answer, not from when it was asked', async () => {
  let now = 0
  const answers = [...Array.from({ length: 8 }, () => 502), 404, 404, 200]
  const times: number[] = []
  await using server = await pretending(() => {
    times.push(now)
    return [answers.shift()!, 'ready']
  })
  const clock = {
    monotonicMs: () => now,
    timer: (ms: number, fire: () => void) => {
      now += ms
      queueMicrotask(fire)
    },
  } as unknown as Clock
  const asked = new RestateServer(server.options, { clock, random: nodeRandom })
  expect(await asked.read({ service: 'shop.mailbox', key: 'p', handler: 'view' })).toBe('ready')
  expect([times.length, times[8]! > SERVICES_HEARD_MS]).toEqual([11, true])
})

it('of a service that nobody has, a caller with little time hears that there is none', async () => {
  await using server = await pretending(({ url }) => (url === '/version' ? [200, version] : [404]))
  await expect(restate({ ...server.options, serve: false, timeoutMs: 300 })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining('has no service skein.settings'),
  })
})

it.each([
  [1, 1, 'fsync'],
  [2, 1, 'fsync'],
  [1, 3, 'fsync'],
  [2, 3, 'quorum'],
])('of a replication of %i among %i nodes, %s is promised', async (replication, nodes, promised) => {
  await using server = await pretending(({ url }) => {
    if (url === '/version') return [200, version]
    const members = Array.from({ length: nodes }, (_, i) => i + 1)
    return [200, url === '/cluster-health' ? { metadata_cluster_health: { members } } : { switches: [] }]
  })
  await using engine = await restate({ ...server.options, serve: false, replication })
  expect(engine.traits.durability).toBe(promised)
})

it('an old server, other credentials, and what is no Restate server at all are told apart', async () => {
  await using old = await pretending(() => [200, { version: '1.4.2' }])
  await expect(restate(old.options)).rejects.toMatchObject({
    code: 'ENGINE_TOO_OLD',
    message: expect.stringContaining('1.4.2'),
  })
  await using locked = await pretending(({ headers }) => (headers.authorization === 'Bearer t' ? [200, {}] : [401]))
  await expect(restate(locked.options)).rejects.toMatchObject({ code: 'ENGINE_REFUSED' })
  await expect(restate({ ...locked.options, token: 't' })).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' })
})

it.each([
  ['is not of Skein', {}],
  ['is of another format of Skein', { 'skein-format': '9' }],
])('a service of that name that %s stays whose it is', async (_, metadata) => {
  const registered: unknown[] = []
  await using server = await pretending(({ url }) => {
    if (url === '/version') return [200, version]
    if (url === '/services/shop.mailbox') return [200, { name: 'shop.mailbox', deployment_id: 'dp_1', metadata }]
    if (url === '/query') return [404]
    registered.push(url)
    return [200]
  })
  await expect(restate({ ...server.options, name: 'shop' })).rejects.toMatchObject({
    code: 'ENGINE_FOREIGN',
    message: expect.stringMatching(
      'skein-format' in metadata ? /shop\.mailbox of format 9/ : /shop\.mailbox \(deployment dp_1\)/,
    ),
  })
  expect(registered).toEqual([])
})

it.each([
  ['refused while a handler of it is open', [{ id: 'inv_1' }], 'ENGINE_FOREIGN', /SIGTERM/],
  ['taken over when none is', [], undefined, /^$/],
])('a service of the format before is %s', async (_, rows, code, message) => {
  const registered: unknown[] = []
  await using server = await pretending(({ url }) => {
    if (url === '/version') return [200, version]
    if (url === '/services/shop.mailbox') return [200, { name: 'shop.mailbox', metadata: { 'skein-format': '1' } }]
    if (url === '/query') return [200, { rows }]
    registered.push(url)
    return [200, { switches: [] }]
  })
  const refusal = await restate({ ...server.options, name: 'shop' }).then(
    (engine) => engine[Symbol.asyncDispose](),
    (error: SkeinError) => error,
  )
  expect([refusal?.code, registered.includes('/deployments')]).toEqual([code, code === undefined])
  expect(refusal?.message ?? '').toMatch(message)
})

it.each([
  ['workers of another address', 'http://10.0.0.2:9080/', 'USAGE'],
  ['a worker of its own address', 'http://10.0.0.1:9080/', undefined],
  ['a deployment that was removed', undefined, undefined],
])('a worker that runs nothing and finds %s', async (_, theirs, code) => {
  const registered: unknown[] = []
  await using server = await pretending(({ url, method }) => {
    if (url === '/version') return [200, version]
    if (url === '/services/shop.mailbox')
      return [200, { name: 'shop.mailbox', deployment_id: 'dp_2', metadata: MARKED }]
    if (url === '/deployments/dp_2') return theirs === undefined ? [404] : [200, { id: 'dp_2', uri: theirs }]
    if (url === '/query') return [200, { rows: [] }]
    registered.push(`${method} ${url}`)
    return [200, { switches: [] }]
  })
  const worker = { url: 'http://10.0.0.1:9080' }
  const come = async (serve: true | 'mail'): Promise<SkeinError | undefined> =>
    restate({ ...server.options, name: 'shop', worker, serve }).then(
      (engine) => engine[Symbol.asyncDispose]() as Promise<undefined>,
      (error: SkeinError) => error,
    )
  const refusal = await come('mail')
  expect(refusal?.code).toBe(code)
  const said = /at http:\/\/10\.0\.0\.2:9080\/, .* say url=http.* port=9080&share=true/
  expect(refusal?.message ?? '').toMatch(code === undefined ? /^$/ : said)
  expect(registered.includes('POST /deployments')).toBe(code === undefined)
  // Who runs what begins takes over in any case.
  expect(await come(true)).toBeUndefined()
})

it('a worker that runs nothing takes nothing over from another version, though no handler is open there', async () => {
  const registered: string[] = []
  await using server = await pretending(({ url, method }) => {
    if (url === '/version') return [200, version]
    if (url === '/services/shop.mailbox')
      return [200, { name: 'shop.mailbox', deployment_id: 'dp_2', metadata: { 'skein-format': '4' } }]
    if (url === '/query') return [200, { rows: [] }]
    registered.push(`${method} ${url}`)
    return [200, { switches: [] }]
  })
  const about = { ...server.options, name: 'shop', worker: { url: 'http://10.0.0.1:9080' } }
  await expect(restate({ ...about, serve: 'mail' })).rejects.toMatchObject({ code: 'ENGINE_FOREIGN' })
  expect(registered.filter((one) => one.startsWith('POST /deployments'))).toEqual([])
  await using _ = await restate(about)
  expect(registered).toContain('POST /deployments')
})

it('a worker that the server cannot reach says so, and where it was to be reached', async () => {
  await using server = await pretending(({ url }) => {
    if (url === '/version') return [200, version]
    return url === '/deployments' ? [400, { message: 'connection refused' }] : [404]
  })
  const worker = { url: 'http://10.255.0.1:9080' }
  await expect(restate({ ...server.options, worker })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining(worker.url),
  })
})

it.each([
  [61, 'ENGINE_CLOCK_WRONG', /61 s behind/],
  [-61, 'ENGINE_CLOCK_WRONG', /61 s ahead of/],
  [5, undefined, /^$/],
])('a worker whose server says that it is %i s later there', async (seconds, code, message) => {
  await using server = await pretending(({ url }) => {
    if (url === '/version') return [200, version]
    if (url === '/services/skein.mailbox') return [404]
    return [200, url === '/query' ? { rows: [{ now_s: Date.now() / 1000 + seconds }] } : { switches: [] }]
  })
  const refusal = await restate(server.options).then(
    (engine) => engine[Symbol.asyncDispose](),
    (error: SkeinError) => error,
  )
  expect(refusal?.code).toBe(code)
  expect(refusal?.message ?? '').toMatch(message)
})

it('a name that cannot be one of services is refused before anything is asked', async () => {
  const nowhere = { ingress: 'http://127.0.0.1:1', admin: 'http://127.0.0.1:1' }
  await expect(restate({ ...nowhere, name: 'a.b' })).rejects.toMatchObject({ code: 'USAGE' })
})

it('versions are compared by their numbers', () => {
  expect(['1.7', '1.7.0', '1.10', '2.0', '1.8.0-rc1'].map((one) => isOlder(one, '1.7'))).toEqual(
    Array.from({ length: 5 }, () => false),
  )
  expect(['1.6.9', '0.9', '1'].map((one) => isOlder(one, '1.7'))).toEqual([true, true, true])
})
