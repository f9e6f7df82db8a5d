import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { httpGet } from './http-get.ts'
import type { HttpAnswer, HttpGetOptions } from './http-get.ts'

const LOOPBACK = ['127.0.0.1', '::1']

/** A server on loopback, and a tool that may ask it. */
async function site(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly origin: string; readonly port: number }> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections()
      return new Promise((resolve) => void server.close(() => resolve()))
    },
  }
}

const ask = (url: string, options: HttpGetOptions, more: { readonly etag?: string } = {}): Promise<HttpAnswer> =>
  httpGet(options).execute({ url, ...more }, { toolCallId: 'c', messages: [] })

const asking = (origin: string, path: string, options: Partial<HttpGetOptions> = {}): Promise<HttpAnswer> =>
  ask(`${origin}${path}`, { hosts: [origin], addresses: LOOPBACK, ...options })

describe('httpGet', () => {
  it('gives text as text, in its own charset, and other content by its size, or as bytes where asked', async () => {
    await using web = await site((request, response) => {
      if (request.url === '/latin')
        response.setHeader('content-type', 'text/html; charset=iso-8859-1').end(Buffer.from([0xe9]))
      else if (request.url === '/data') response.setHeader('content-type', 'application/vnd.x+json').end('{"a":1}')
      else if (request.url === '/zip') response.setHeader('content-encoding', 'gzip').end(gzipSync('long text'))
      else if (request.url === '/gone') response.writeHead(404).end('no such page')
      else response.setHeader('content-type', 'image/png').end(Buffer.from([1, 0, 2]))
    })
    expect(await asking(web.origin, '/latin')).toMatchObject({ status: 200, text: 'é', size: 1 })
    expect(await asking(web.origin, '/data')).toMatchObject({ text: '{"a":1}', contentType: 'application/vnd.x+json' })
    expect(await asking(web.origin, '/zip')).toMatchObject({ text: 'long text', size: 9 })
    expect(await asking(web.origin, '/gone')).toMatchObject({ status: 404, text: 'no such page' })
    expect(await asking(web.origin, '/picture')).toEqual({
      status: 200,
      url: `${web.origin}/picture`,
      contentType: 'image/png',
      size: 3,
    })
    expect(await asking(web.origin, '/picture', { bytes: true })).toMatchObject({ bytes: new Uint8Array([1, 0, 2]) })
  })

  it('knows an unchanged page by its etag', async () => {
    await using web = await site((request, response) => {
      response.setHeader('etag', '"v1"')
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
      else response.end('page')
    })
    const { etag = '' } = await asking(web.origin, '/')
    const again = await ask(`${web.origin}/`, { hosts: [web.origin], addresses: LOOPBACK }, { etag })
    expect(again).toMatchObject({ status: 304, size: 0 })
  })

  it('asks allowed hosts only, encrypted unless one is named otherwise, and is a read', async () => {
    expect(httpGet({ hosts: ['a.org'] }).effect).toBe('read')
    const rules: readonly (readonly [string, readonly string[]])[] = [
      ['https://b.org/', ['a.org']],
      ['http://a.org/', ['a.org']],
      ['https://a.org:444/', ['a.org']],
      ['https://a.org.evil.org/', ['a.org', '*.a.org']],
      ['https://evila.org/', ['*.a.org']],
      ['https://a.org@b.org/', ['a.org']],
      ['https://user:word@a.org/', ['a.org']],
      ['file:///etc/passwd', ['a.org']],
      ['not a url', ['a.org']],
    ]
    for (const [url, hosts] of rules)
      await expect(ask(url, { hosts }), url).rejects.toMatchObject({ code: 'HTTP_REFUSED' })
    for (const hosts of [[], ['https://a.org/path'], ['a.org/..'], ['*']])
      expect(() => httpGet({ hosts })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
    expect(() => httpGet({ hosts: ['a.org'], addresses: ['localhost'] })).toThrow(/no address and no net/)
  })

  it('connects to no private address, named by number or by a name that resolves to it, unless it is named', async () => {
    await using web = await site((_, response) => response.end('inside'))
    const { port } = web
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '169.254.169.254',
      '10.0.0.1',
      '[fd00::1]',
    ]) {
      const url = `http://${host}:${port}/`
      await expect(ask(url, { hosts: [url.slice(0, -1)] }), url).rejects.toMatchObject({ code: 'HTTP_REFUSED' })
    }
    const named = { hosts: [`http://localhost:${port}`], addresses: ['127.0.0.0/8'] }
    expect(await ask(`http://localhost:${port}/`, named)).toMatchObject({ text: 'inside' })
    await expect(ask(`http://localhost:${port}/`, { ...named, addresses: ['10.0.0.0/8'] })).rejects.toThrow(
      /resolves to .*127\.0\.0\.1.*, which is not public and not named/,
    )
  })

  it('follows redirects within its list, and takes nothing along to another host', async () => {
    const heard: (string | undefined)[] = []
    await using other = await site((request, response) => {
      heard.push(request.headers.authorization)
      response.end('there')
    })
    await using web = await site((request, response) => {
      const to: Record<string, string> = {
        '/a': '/b',
        '/b': `${other.origin}/end`,
        '/out': 'http://evil.example/',
        '/meta': 'http://169.254.169.254/latest',
        '/loop': '/loop',
        '/bad': 'http://',
      }
      response.writeHead(302, { location: to[request.url ?? ''] }).end()
    })
    const headers = { authorization: 'secret' }
    const hosts = [web.origin, other.origin]
    expect(await asking(web.origin, '/a', { hosts, headers })).toMatchObject({
      url: `${other.origin}/end`,
      text: 'there',
    })
    expect(heard).toEqual([undefined])
    for (const path of ['/out', '/meta'])
      await expect(asking(web.origin, path, { hosts })).rejects.toMatchObject({
        code: 'HTTP_REFUSED',
        message: expect.stringContaining('leads'),
      })
    await expect(asking(web.origin, '/meta', { hosts: [...hosts, 'http://169.254.169.254'] })).rejects.toThrow(
      /is not a public address/,
    )
    await expect(asking(web.origin, '/loop')).rejects.toThrow(/more than 5 times/)
    await expect(asking(web.origin, '/bad')).rejects.toThrow(/which is no URL/)
  })

  it('bounds bytes, also what small content unpacks to, and time', async () => {
    await using web = await site((request, response) => {
      if (request.url === '/bomb') response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(5_000_000)))
      else if (request.url === '/broken') response.setHeader('content-encoding', 'gzip').end('no gzip at all')
      else if (request.url === '/odd') response.setHeader('content-encoding', 'zstd2').end('x')
      else if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' })
        response.write('part')
        setImmediate(() => response.destroy())
      } else if (request.url === '/endless') {
        const more = (): void => void (response.destroyed || (response.write(Buffer.alloc(65_536)), setImmediate(more)))
        more()
      } else response.write('slow')
    })
    for (const path of ['/bomb', '/endless'])
      await expect(asking(web.origin, path, { bytesMax: 100_000 }), path).rejects.toMatchObject({
        code: 'VALUE_TOO_LARGE',
      })
    for (const path of ['/broken', '/cut', '/odd'])
      await expect(asking(web.origin, path), path).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: true })
    await expect(asking(web.origin, '/slow', { timeout: 200 })).rejects.toThrow(/not all there within 200 ms/)
  })

  it('says how long a busy host asks to wait', async () => {
    await using web = await site((request, response) =>
      response
        .writeHead(request.url === '/busy' ? 429 : 503, request.url === '/busy' ? { 'retry-after': '7' } : {})
        .end(),
    )
    await expect(asking(web.origin, '/busy')).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      retryable: true,
      data: { status: 429, retryAfterMs: 7_000 },
    })
    await expect(asking(web.origin, '/down')).rejects.toMatchObject({ data: { status: 503 } })
  })
})
