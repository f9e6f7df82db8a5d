/** `httpGet()`: asks allowed hosts for pages and data, as a read. */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Duration } from '../../std/index.ts'
import { optional, shape, text } from '../definition/input-shape.ts'
import { tool } from '../definition/tool.ts'
import type { DefinedTool } from '../definition/tool.ts'
import { HTTP_BYTES_DEFAULT, HTTP_TIMEOUT_MS_DEFAULT, HTTP_WINDING_UP_MS, URL_CHARS_MAX } from '../limits.ts'
import { urlRule } from './allowed-hosts.ts'
import type { HostPattern } from './allowed-hosts.ts'
import { get } from './get.ts'
import type { Got } from './get.ts'
import { addressRule } from './private-addresses.ts'

const GetInput = shape({
  url: text('What to get: a full https URL of an allowed host.', URL_CHARS_MAX),
  etag: optional(
    text('The etag of an earlier answer: an unchanged page is answered with status 304 and no text.', URL_CHARS_MAX),
  ),
})

/** What the tool may ask, and within which bounds. */
export type HttpGetOptions = {
  /** Hosts that may be asked, redirects included: `docs.example.org`, `*.example.org`, `http://localhost:3000`. */
  readonly hosts: readonly HostPattern[]
  /** Addresses and nets that may be connected to though they are not public: `127.0.0.1`, `10.1.0.0/16`. */
  readonly addresses?: readonly string[]
  /** Sent to the host that is asked, not to where it leads. */
  readonly headers?: Readonly<Record<string, string>>
  /** Largest content, after decompression. */
  readonly bytesMax?: number
  /** Of the whole exchange. */
  readonly timeout?: Duration
  /** Give content that is no text as bytes; else its size only. */
  readonly bytes?: boolean
  readonly name?: string
  readonly description?: string
  /** How many may run at once in this host. */
  readonly concurrency?: number
}

/** What came back. Statuses such as 404 are answers; 429, 502, 503 and 504 are failures that may pass. */
export type HttpAnswer = {
  readonly status: number
  /** Where redirects led. */
  readonly url: string
  readonly contentType: string
  readonly size: number
  readonly text?: string
  readonly bytes?: Uint8Array
  readonly etag?: string
}

const PASSING = new Set([429, 502, 503, 504])
const TEXTUAL =
  /^(?:text\/|application\/(?:[\w.+-]*(?:json|xml|javascript|yaml|toml)|x-www-form-urlencoded|x-ndjson)\b|image\/svg)/

/** A tool that gets what allowed hosts publish. HTML comes as it is written. Throws `DEFINITION_INVALID`. */
export function httpGet(options: HttpGetOptions): DefinedTool<typeof GetInput, Promise<HttpAnswer>> {
  const {
    hosts,
    addresses = [],
    headers = {},
    bytesMax = HTTP_BYTES_DEFAULT,
    timeout = HTTP_TIMEOUT_MS_DEFAULT,
  } = options
  const { bytes = false, name = 'http_get', description, concurrency } = options
  if (!Array.isArray(hosts) || hosts.length === 0)
    throw new SkeinError(
      'DEFINITION_INVALID',
      `tool "${name}" does not say whom it may ask; give hosts: ['docs.example.org']`,
    )
  const rules = { mayAsk: urlRule(hosts), mayConnect: addressRule(addresses) }
  const timeoutMs = durationMs(timeout)
  return tool({
    name,
    description: description ?? `Gets a page or data over https. Allowed hosts: ${hosts.join(', ')}.`,
    effect: 'read',
    // The exchange's own time-out comes first, with a better message.
    timeout: timeoutMs + HTTP_WINDING_UP_MS,
    ...(concurrency === undefined ? {} : { concurrency }),
    inputSchema: GetInput,
    execute: async ({ url, etag }, { abortSignal }) => {
      if (!URL.canParse(url))
        throw new SkeinError('HTTP_REFUSED', `${JSON.stringify(url.slice(0, 300))} is no URL; write https://host/path`)
      const late = AbortSignal.timeout(timeoutMs)
      const signal = abortSignal === undefined ? late : AbortSignal.any([abortSignal, late])
      const conditional = etag === undefined ? headers : { ...headers, 'if-none-match': etag }
      try {
        return answerOf(await get(new URL(url), { ...rules, headers: conditional, bytesMax, signal }), bytes)
      } catch (thrown) {
        if (!late.aborted || abortSignal?.aborted === true || SkeinError.isInstance(thrown)) throw thrown
        throw new SkeinError('HTTP_FAILED', `GET ${url.slice(0, 300)}: it was not all there within ${timeoutMs} ms`)
      }
    },
  })
}

function answerOf({ url, status, headers, body }: Got, wantsBytes: boolean): HttpAnswer {
  const contentType = headers['content-type'] ?? ''
  const { etag } = headers
  if (PASSING.has(status)) throw unavailable(url, status, headers['retry-after'])
  const answer = { status, url: url.href, contentType, size: body.length, ...(etag === undefined ? {} : { etag }) }
  const isText = contentType === '' ? !body.includes(0) : TEXTUAL.test(contentType)
  if (isText) return { ...answer, text: decoded(body, contentType) }
  return wantsBytes ? { ...answer, bytes: new Uint8Array(body) } : answer
}

/** Whoever repeats it waits as long as the host asks (`attempts` of a call). */
function unavailable(url: URL, status: number, retryAfter: string | undefined): SkeinError {
  const seconds = Number(retryAfter)
  const untilMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(retryAfter ?? '') - Date.now()
  const retryAfterMs = retryAfter === undefined || !(untilMs >= 0) ? undefined : Math.ceil(untilMs)
  const asks = retryAfterMs === undefined ? '' : ` (it asks to wait ${Math.ceil(retryAfterMs / 1_000)} s)`
  return new SkeinError('HTTP_UNAVAILABLE', `GET ${url.href.slice(0, 300)}: status ${status}${asks}; try again later`, {
    data: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  })
}

function decoded(body: Buffer, contentType: string): string {
  const charset = /charset="?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    return new TextDecoder().decode(body)
  }
}
