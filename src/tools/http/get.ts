/**
 * One GET over the wire, redirects and all.
 *
 * Invariants:
 * 1. Every URL of a chain of redirects passes the URL rule before anything is sent.
 * 2. Only addresses that pass the address rule are connected to: names are resolved here, what passed is what is
 *    connected to, and the socket is looked at once more.
 * 3. Time and bytes are bounded, the bytes as they are after decompression too.
 */
import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { SkeinError } from '../../std/index.ts'
import { HTTP_HEADER_BYTES_MAX, HTTP_REDIRECTS_MAX } from '../limits.ts'
import type { UrlRule } from './allowed-hosts.ts'
import type { AddressRule } from './private-addresses.ts'

/** What may be asked, and how much of it. */
export type GetOptions = {
  readonly mayAsk: UrlRule
  readonly mayConnect: AddressRule
  readonly headers: Readonly<Record<string, string>>
  readonly bytesMax: number
  readonly signal: AbortSignal
}

/** What came back in the end. */
export type Got = {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Asks, and follows redirects within the rules. Throws `HTTP_REFUSED`, `HTTP_FAILED`, `VALUE_TOO_LARGE`. */
export async function get(start: URL, options: GetOptions): Promise<Got> {
  let url = start
  for (let hops = 0; hops <= HTTP_REDIRECTS_MAX; hops++) {
    if (!options.mayAsk(url))
      throw refused(
        url,
        hops === 0
          ? 'is not on the list of allowed hosts'
          : `is where ${start.href} leads, and is not on the list of allowed hosts`,
      )
    // What the author sends to one site is not for another.
    const headers = url.origin === start.origin ? options.headers : {}
    const response = await ask(url, { ...options, headers })
    const { statusCode: status = 0, headers: answered } = response
    if (!REDIRECTS.has(status) || answered.location === undefined)
      return { url, status, headers: answered, body: await bodyOf(response, url, options) }
    response.destroy()
    if (!URL.canParse(answered.location, url.href))
      throw failed(url, `it leads to ${answered.location.slice(0, 200)}, which is no URL`)
    url = new URL(answered.location, url)
    url.hash = ''
  }
  throw failed(start, `it leads from one place to the next more than ${HTTP_REDIRECTS_MAX} times`)
}

function ask(url: URL, { mayConnect, headers, signal }: GetOptions): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !mayConnect(host)) throw refused(url, 'is not a public address, and is not named')
  const options: RequestOptions = {
    method: 'GET',
    // No kept connections: each is looked up and checked anew.
    agent: false,
    signal,
    lookup: guarded(url, mayConnect),
    maxHeaderSize: HTTP_HEADER_BYTES_MAX,
    headers: { 'user-agent': 'skein', accept: '*/*', 'accept-encoding': 'gzip, deflate, br', ...headers },
  }
  return new Promise((resolve, reject) => {
    // Not imported: that would load all of undici, used or not (100 ms).
    const { request: send } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
    const request = send(url.href, options, resolve)
    request.on('socket', (socket) =>
      socket.on('connect', () => {
        if (!mayConnect(socket.remoteAddress ?? ''))
          request.destroy(refused(url, 'led to an address that is not public'))
      }),
    )
    request.on('error', (cause) => reject(errorOf(url, cause, signal)))
    request.end()
  })
}

/** Resolves a name to the addresses that may be connected to, and to no others. */
function guarded(url: URL, mayConnect: AddressRule): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const addresses: LookupAddress[] = found.filter(({ address }) => mayConnect(address))
      const [first] = addresses
      if (first === undefined)
        return callback(
          refused(
            url,
            `resolves to ${found.map(({ address }) => address).join(', ')}, which is not public and not named`,
          ),
          '',
        )
      if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

async function bodyOf(response: IncomingMessage, url: URL, { bytesMax, signal }: GetOptions): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of decompressed(response, url) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bytesMax)
        throw new SkeinError(
          'VALUE_TOO_LARGE',
          `${url.href} has more than ${bytesMax} bytes; raise bytesMax, or ask for less of it`,
        )
      chunks.push(chunk)
    }
  } catch (cause) {
    throw errorOf(url, cause, signal)
  } finally {
    response.destroy()
  }
  return Buffer.concat(chunks)
}

function decompressed(response: IncomingMessage, url: URL): Readable {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : undefined
  if (decoder === undefined) {
    if (encoding === 'identity' || encoding === '') return response
    throw failed(url, `its content is encoded as ${encoding}, which was not asked for`)
  }
  response.on('error', (error) => decoder.destroy(error))
  response.on('aborted', () => decoder.destroy(new Error('the connection was cut')))
  return response.pipe(decoder)
}

function errorOf(url: URL, cause: unknown, signal: AbortSignal): Error {
  if (SkeinError.isInstance(cause)) return cause
  if (signal.aborted && signal.reason instanceof Error) return signal.reason
  const said = cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause)
  return failed(url, said, cause)
}

function refused(url: URL, why: string): SkeinError {
  return new SkeinError(
    'HTTP_REFUSED',
    `${url.href.slice(0, 300)} ${why}; add its host (and, for a private address, the address) to the tool if it may be asked`,
  )
}

function failed(url: URL, why: string, cause?: unknown): SkeinError {
  return new SkeinError('HTTP_FAILED', `GET ${url.href.slice(0, 300)}: ${why}`, { cause })
}
