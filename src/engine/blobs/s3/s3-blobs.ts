/**
 * Blobs as objects of a bucket, over HTTP. Signing is the package `aws4fetch`'s; what is sent, and when again, is said here.
 *
 * Invariants:
 * 1. Whatever the server does, and whoever gives the credentials, the caller hears within the time that was given: success,
 *    or a `SkeinError` that says what to do. While it waits for its turn behind others of ours no time passes, and it may leave.
 * 2. The digest of what is put is signed with it: a server that received something else refuses it.
 * 3. So many requests are under way at once, and no more.
 */
import { SkeinError } from '../../../std/index.ts'
import type { Clock, Hash, Random } from '../../../std/index.ts'
import type { BlobStore } from '../blob-store.ts'
import {
  ATTEMPT_MS_MAX,
  BLOB_BYTES_MAX,
  REQUEST_TIMEOUT_MS_DEFAULT,
  REQUESTS_AT_ONCE_MAX,
  RETRY_FIRST_MS,
  RETRY_PAUSE_MS_MAX,
} from '../limits.ts'
import { bucketAddress } from './bucket-address.ts'
import type { BucketAddress, S3Credentials, S3Options } from './bucket-address.ts'
import { codeOf, isPassing, refused, unreachable } from './bucket-error.ts'

// As it is when this is loaded: the tripwire stands before it later, for bodies only.
const { fetch } = globalThis

type Ports = { readonly clock: Clock; readonly random: Random; readonly hash: Hash }
type Signer = typeof import('aws4fetch').AwsV4Signer
type Ask = { readonly method: 'GET' | 'PUT' | 'DELETE'; readonly url: string; readonly body?: string }
type Digested = Ask & { readonly sha256: string }
type Answer = { readonly status: number; readonly text: string }

/** A name that no blob has. */
const NOBODY = '-'

/** A bucket as a store of blobs. Throws `USAGE`; everything else is told by the first request, or `check`. */
export function s3Blobs(options: S3Options & Ports): BlobStore {
  return new Bucket(options, bucketAddress(options))
}

class Bucket implements BlobStore {
  readonly #options: S3Options & Ports
  readonly #address: BucketAddress
  readonly #timeoutMs: number
  #signer: Promise<Signer> | undefined
  #underWay = 0
  readonly #queue: (() => void)[] = []

  constructor(options: S3Options & Ports, address: BucketAddress) {
    this.#options = options
    this.#address = address
    this.#timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT
  }

  async check(signal?: AbortSignal): Promise<void> {
    await this.#list({ prefix: this.#address.prefix + NOBODY }, signal)
    // Some servers let anybody list.
    await this.get(NOBODY, signal)
  }

  async put(name: string, text: string, signal?: AbortSignal): Promise<void> {
    const bytes = Buffer.byteLength(text)
    if (bytes > BLOB_BYTES_MAX)
      throw new SkeinError(
        'VALUE_TOO_LARGE',
        `a payload of ${bytes} bytes is more than the ${BLOB_BYTES_MAX} that a blob may have; return smaller values`,
      )
    await this.#success({ method: 'PUT', url: this.#address.object(name), body: text }, signal)
  }

  async get(name: string, signal?: AbortSignal): Promise<string | undefined> {
    const answer = await this.#answer({ method: 'GET', url: this.#address.object(name) }, signal)
    if (answer.status === 404 && codeOf(answer) !== 'NoSuchBucket') return undefined
    if (answer.status !== 200) throw refused(this.#address.shown, answer)
    return answer.text
  }

  async remove(name: string, signal?: AbortSignal): Promise<void> {
    const answer = await this.#answer({ method: 'DELETE', url: this.#address.object(name) }, signal)
    if (answer.status === 404 && codeOf(answer) !== 'NoSuchBucket') return
    if (answer.status >= 300) throw refused(this.#address.shown, answer)
  }

  async *names(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    const { prefix: own } = this.#address
    for (let more: Record<string, string> | undefined = {}; more !== undefined;) {
      const text: string = await this.#list({ prefix: own + prefix, ...more }, signal)
      for (const [, key = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) yield key.slice(own.length)
      const token: string | undefined = /<NextContinuationToken>([^<]+)</.exec(text)?.[1]
      more = token === undefined ? undefined : { 'continuation-token': token.replaceAll('&amp;', '&') }
    }
  }

  async #list(parameters: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<string> {
    const url = this.#address.list({ 'list-type': '2', ...parameters })
    return (await this.#success({ method: 'GET', url }, signal)).text
  }

  async #success(ask: Ask, signal: AbortSignal | undefined): Promise<Answer> {
    const answer = await this.#answer(ask, signal)
    if (answer.status >= 300) throw refused(this.#address.shown, answer)
    return answer
  }

  /** The first answer that will not be another one in a moment. */
  async #answer(ask: Ask, signal: AbortSignal | undefined): Promise<Answer> {
    const { clock, random, hash } = this.#options
    const digested = { ...ask, sha256: hash.sha256(ask.body ?? '') }
    let end = clock.monotonicMs() + this.#timeoutMs
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_PAUSE_MS_MAX)) {
      const asked = clock.monotonicMs()
      const turn = await this.#turn(signal)
      end += clock.monotonicMs() - asked
      const answer = await this.#attempt(digested, turn, signal)
      if (!(answer instanceof Error) && !isPassing(answer)) return answer
      const waitMs = pauseMs * (1 - random.next() / 2)
      if (clock.monotonicMs() + waitMs >= end) {
        const why = answer instanceof Error ? answer : new Error(`it answers ${codeOf(answer)}`)
        throw unreachable(this.#address.shown, this.#timeoutMs, why)
      }
      await this.#pause(waitMs, signal)
    }
  }

  /** An answer, or what kept it from coming and may pass. */
  async #attempt(ask: Digested, turn: Disposable, signal: AbortSignal | undefined): Promise<Answer | Error> {
    using _ = turn
    const late = new AbortController()
    const attemptMs = Math.min(ATTEMPT_MS_MAX, this.#timeoutMs)
    using _timer = this.#options.clock.timer(attemptMs, () => late.abort(new Error(`no answer for ${attemptMs} ms`)))
    const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
    try {
      const { method, url, headers } = await heeding(either, this.#signed(ask))
      const { body = null } = ask
      const response = await fetch(url, { method, headers, body, signal: either, redirect: 'manual' })
      return { status: response.status, text: await this.#read(response) }
    } catch (thrown) {
      if (SkeinError.isInstance(thrown)) throw thrown
      signal?.throwIfAborted()
      return thrown instanceof Error ? thrown : new Error(String(thrown))
    }
  }

  /** No more than a blob may have, whatever lies there. */
  async #read(response: Response): Promise<string> {
    const decoder = new TextDecoder()
    let text = ''
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      const piece = chunk as Uint8Array
      bytes += piece.byteLength
      if (bytes > BLOB_BYTES_MAX)
        throw new SkeinError(
          'BLOBS_REFUSED',
          `${this.#address.shown} answers with more than ${BLOB_BYTES_MAX} bytes, which no blob of ours has; look at what lies there`,
        )
      text += decoder.decode(piece, { stream: true })
    }
    return text + decoder.decode()
  }

  async #signed({ method, url, sha256 }: Digested): Promise<{ method: string; url: URL; headers: Headers }> {
    const Signer = await (this.#signer ??= loadSigner())
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#credentials()
    return new Signer({
      method,
      url,
      headers: { 'x-amz-content-sha256': sha256 },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region: this.#address.region,
    }).sign()
  }

  /** Whoever gives them may be away for a moment, as the server may. */
  async #credentials(): Promise<S3Credentials> {
    const { credentials } = this.#options
    if (typeof credentials !== 'function') return credentials
    try {
      return await credentials()
    } catch (cause) {
      throw new Error(`no credentials: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  async #turn(signal: AbortSignal | undefined): Promise<Disposable> {
    signal?.throwIfAborted()
    if (this.#underWay < REQUESTS_AT_ONCE_MAX) this.#underWay += 1
    else await this.#queued(signal)
    return { [Symbol.dispose]: () => this.#pass() }
  }

  /** Until somebody hands over; who leaves the queue before is handed nothing. */
  async #queued(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#queue.push(resolve)
    try {
      await heeding(signal, promise)
    } catch (thrown) {
      const at = this.#queue.indexOf(resolve)
      // Handed over in the same moment: it is the next one's.
      if (at < 0) this.#pass()
      else this.#queue.splice(at, 1)
      throw thrown
    }
  }

  #pass(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#underWay -= 1
    else next()
  }

  async #pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    using _ = this.#options.clock.timer(delayMs, resolve)
    await heeding(signal, promise)
  }
}

/** What comes of it, unless the signal comes before. */
async function heeding<T>(signal: AbortSignal | undefined, asked: Promise<T>): Promise<T> {
  if (signal === undefined) return asked
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await Promise.race([asked, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function loadSigner(): Promise<Signer> {
  try {
    return (await import('aws4fetch')).AwsV4Signer
  } catch (cause) {
    throw new SkeinError(
      'PACKAGE_MISSING',
      'blobs in a bucket need the package aws4fetch; install it: npm install aws4fetch',
      {
        cause,
      },
    )
  }
}
