/** Every adapter of the port of blobs, held to it; and what a bucket that cannot be used says. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BLOB_BYTES_MAX, REQUESTS_AT_ONCE_MAX } from '../../src/engine/blobs/limits.ts'
import { s3Blobs } from '../../src/engine/blobs/s3/s3-blobs.ts'
import { temporaryFolder } from '../../src/engine/embedded/folder/folder.fixture.ts'
import { blobFiles, memoryBlobs, nodeClock, nodeHash, nodeRandom, s3 } from '../../src/engine/index.ts'
import type { S3Options } from '../../src/engine/index.ts'
import type { Hash } from '../../src/std/index.ts'
import { describeBlobs, describeBlobStore } from '../../src/testing/index.ts'
import { hasS3, s3Server } from '../fixtures/s3-server.ts'
import type { LocalS3 } from '../fixtures/s3-server.ts'

if (!hasS3())
  console.log('blobs in a bucket are not tried: the packages @20minutes/s3rver and aws4fetch are not installed here')

const runner = { describe, it }
describeBlobStore('in memory', async () => ({ blobs: memoryBlobs() }), runner)
describeBlobs(
  'in a folder',
  async () => {
    const folder = temporaryFolder('blobs')
    mkdirSync(folder.path)
    return { blobs: blobFiles(folder.path), [Symbol.asyncDispose]: async () => folder[Symbol.dispose]() }
  },
  runner,
)

const NAME = 'c0ffee'.padEnd(64, '0')

describe.skipIf(!hasS3())('in a bucket', () => {
  let server: LocalS3
  let prefixes = 0
  beforeAll(async () => {
    server = await s3Server()
  })
  afterAll(() => server[Symbol.asyncDispose]())
  describeBlobStore(
    'in a bucket',
    async () => ({ blobs: s3({ ...server.options, prefix: `p${(prefixes += 1)}/` }) }),
    runner,
  )

  it('no bucket, or credentials that it does not know: refused at once, and told without the secret', async () => {
    const tries: readonly (readonly [Partial<S3Options>, string])[] = [
      [{ bucket: 'nothing' }, 'NoSuchBucket'],
      [{ credentials: { accessKeyId: 'who', secretAccessKey: 'sesame' } }, 'InvalidAccessKeyId'],
      [{ credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'sesame' } }, 'SignatureDoesNotMatch'],
    ]
    for (const [other, code] of tries) {
      const blobs = s3({ ...server.options, timeoutMs: 60_000, ...other })
      for (const ask of [() => blobs.check(), () => blobs.put(NAME, '1'), () => blobs.get(NAME)]) {
        const asked = ask()
        await expect(asked).rejects.toMatchObject({ code: 'BLOBS_REFUSED', retryable: false })
        await expect(asked).rejects.toThrow(code)
        await expect(asked).rejects.not.toThrow('sesame')
      }
    }
  })

  it('credentials may change: they are asked for anew', async () => {
    let isOld = true
    const credentials = () => (isOld ? { accessKeyId: 'old', secretAccessKey: 'old' } : server.options.credentials)
    const blobs = s3({ ...server.options, credentials })
    await expect(blobs.put(NAME, '1')).rejects.toMatchObject({ code: 'BLOBS_REFUSED' })
    isOld = false
    await blobs.put(NAME, '1')
    expect(await blobs.get(NAME)).toBe('1')
  })

  it('a server that is away is asked again for as long as was said; one that comes back in time is enough', async () => {
    const blobs = s3({ ...server.options, timeoutMs: 300 })
    await server.stop()
    const asked = blobs.put(NAME, '1')
    await expect(asked).rejects.toMatchObject({ code: 'BLOBS_UNREACHABLE', retryable: true })
    await expect(asked).rejects.toThrow(/the bucket payloads at 127\.0\.0\.1:\d+ .*ECONNREFUSED.*nothing is lost/)
    const waiting = s3(server.options).put(NAME, '1')
    await server.start()
    await waiting
    expect(await blobs.get(NAME)).toBe('1')
  })

  it('what no request can be made of is said before one is', () => {
    const wrong: readonly Partial<S3Options>[] = [
      { bucket: 'a/b' },
      { bucket: '' },
      { prefix: 'ä' },
      { endpoint: 'ftp://x' },
      { endpoint: 'http://' },
      { endpoint: 'http://ann:sesame@127.0.0.1' },
    ]
    for (const other of wrong)
      expect(() => s3({ ...server.options, ...other })).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

/** A server that answers as it is told. */
async function scripted(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' }
  const options = { endpoint: `http://127.0.0.1:${port}`, bucket: 'bucket', credentials, timeoutMs: 5_000 }
  const ports = { clock: nodeClock, random: nodeRandom }
  return {
    blobsWith: (other: Partial<S3Options> = {}, hash: Hash = nodeHash) =>
      s3Blobs({ ...options, ...other, ...ports, hash }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

describe.skipIf(!hasS3())('a server that speaks S3', () => {
  it('is asked again when it says that it passes, and its other answers are final', async () => {
    let asked = 0
    await using server = await scripted((_request, response) => {
      asked += 1
      response.writeHead(asked < 3 ? 503 : 200).end(asked < 3 ? '<Error><Code>SlowDown</Code></Error>' : '"there"')
    })
    expect(await server.blobsWith().get(NAME)).toBe('"there"')
    expect(asked).toBe(3)
    await using other = await scripted((_request, response) => void response.writeHead(403).end())
    await expect(other.blobsWith().get(NAME)).rejects.toThrow(/answers 403; allow this account/)
    await using moved = await scripted((_request, response) =>
      response.writeHead(301, { location: '/' }).end('<Code>PermanentRedirect</Code>'),
    )
    await expect(moved.blobsWith().put(NAME, '1')).rejects.toThrow(/PermanentRedirect .*; give the region/)
  })

  it('that hangs is left after a time, and who does not want to wait any more need not', async () => {
    let asked = 0
    await using server = await scripted(() => {
      asked += 1
    })
    await expect(server.blobsWith({ timeoutMs: 200 }).get(NAME)).rejects.toMatchObject({ code: 'BLOBS_UNREACHABLE' })
    const why = new Error('enough')
    const stop = new AbortController()
    const waiting = server.blobsWith({ timeoutMs: 60_000 }).put(NAME, '1', stop.signal)
    waiting.catch(() => undefined)
    await vi.waitFor(() => expect(asked).toBe(2), 60_000)
    stop.abort(why)
    await expect(waiting).rejects.toBe(why)
  })

  it('is asked again when whoever gives the credentials fails; who fails for good is an error that may pass', async () => {
    await using server = await scripted((_request, response) => void response.end('1'))
    let asked = 0
    const credentials = async () => {
      asked += 1
      if (asked < 3) throw new Error('the vault is away')
      return { accessKeyId: 'a', secretAccessKey: 'b' }
    }
    expect(await server.blobsWith({ credentials }).get(NAME)).toBe('1')
    expect(asked).toBe(3)
    const failing = async () => Promise.reject(new Error('the vault is away'))
    const silent = () => new Promise<never>(() => {})
    for (const [given, why] of [
      [failing, /no credentials: the vault is away/],
      [silent, /no answer for 200 ms/],
    ] as const) {
      const blobs = server.blobsWith({ credentials: given, timeoutMs: 200 })
      // More than have a turn: none of them keeps it.
      const asking = Array.from({ length: REQUESTS_AT_ONCE_MAX + 1 }, () => blobs.get(NAME))
      for (const one of await Promise.allSettled(asking))
        expect(one).toMatchObject({
          reason: { code: 'BLOBS_UNREACHABLE', retryable: true, message: expect.stringMatching(why) },
        })
    }
  })

  it('is sent what was digested once, however often; who waits for a turn may leave, and no time passes for them', async () => {
    let asked = 0
    await using server = await scripted((request, response) => {
      request.resume()
      asked += 1
      response.writeHead(asked < 3 ? 503 : 200).end()
    })
    const digested: string[] = []
    const hash = { ...nodeHash, sha256: (text: string) => (digested.push(text), nodeHash.sha256(text)) }
    await server.blobsWith({}, hash).put(NAME, '1')
    expect([asked, digested]).toEqual([3, ['1']])
    const held: ServerResponse[] = []
    await using slow = await scripted((_request, response) => void held.push(response))
    const blobs = slow.blobsWith({ timeoutMs: 1_000 })
    const first = Array.from({ length: REQUESTS_AT_ONCE_MAX }, () => blobs.get(NAME).catch(({ code }) => code))
    await vi.waitFor(() => expect(held).toHaveLength(REQUESTS_AT_ONCE_MAX), 60_000)
    const stop = new AbortController()
    const leaving = blobs.get(NAME, stop.signal)
    const staying = blobs.get(NAME)
    const why = new Error('enough')
    stop.abort(why)
    await expect(leaving).rejects.toBe(why)
    expect(held).toHaveLength(REQUESTS_AT_ONCE_MAX)
    expect(new Set(await Promise.all(first))).toEqual(new Set(['BLOBS_UNREACHABLE']))
    await vi.waitFor(() => expect(held).toHaveLength(REQUESTS_AT_ONCE_MAX + 1), 60_000)
    held.at(-1)!.end('1')
    expect(await staying).toBe('1')
  })

  it('is sent the digest of what it is sent, the session token, and a name under bucket and prefix', async () => {
    const seen: unknown[] = []
    await using server = await scripted(({ url, method, headers }, response) => {
      seen.push([method, url, headers['x-amz-content-sha256'], headers['x-amz-security-token']])
      response.end('<ListBucketResult></ListBucketResult>')
    })
    const blobs = server.blobsWith({ prefix: 'a/b-' })
    await blobs.put(NAME, '"ü"')
    await blobs.check()
    const list = `/bucket?list-type=2&prefix=${encodeURIComponent('a/b--')}`
    expect(seen).toEqual([
      ['PUT', `/bucket/a/b-${NAME}`, nodeHash.sha256('"ü"'), 'c'],
      ['GET', list, nodeHash.sha256(''), 'c'],
      ['GET', '/bucket/a/b--', nodeHash.sha256(''), 'c'],
    ])
  })

  it('names what it has in as many answers as it likes', async () => {
    const pages = [
      '<Key>p/a-1</Key><Key>p/a-2</Key><NextContinuationToken>x+/&amp;=</NextContinuationToken>',
      '<Key>p/a-3</Key><IsTruncated>false</IsTruncated>',
    ]
    const tokens: (string | null)[] = []
    await using server = await scripted(({ url }, response) => {
      tokens.push(new URL(url ?? '', 'http://x').searchParams.get('continuation-token'))
      response.end(`<ListBucketResult>${pages[tokens.length - 1]}</ListBucketResult>`)
    })
    const names: string[] = []
    for await (const name of server.blobsWith({ prefix: 'p/' }).names('a-')) names.push(name)
    expect([names, tokens]).toEqual([
      ['a-1', 'a-2', 'a-3'],
      [null, 'x+/&='],
    ])
  })

  it('takes no more requests at once than was said, and nothing larger than a blob may be', async () => {
    const held: ServerResponse[] = []
    let most = 0
    await using server = await scripted((_request, response) => {
      held.push(response)
      most = Math.max(most, held.length)
      // One more would come now.
      if (held.length === REQUESTS_AT_ONCE_MAX)
        setTimeout(() => {
          for (const one of held.splice(0)) one.end('1')
        }, 50)
    })
    const blobs = server.blobsWith()
    await Promise.all(Array.from({ length: 3 * REQUESTS_AT_ONCE_MAX }, () => blobs.get(NAME)))
    expect(most).toBe(REQUESTS_AT_ONCE_MAX)
    const tooLarge = 'x'.repeat(BLOB_BYTES_MAX + 1)
    await expect(blobs.put(NAME, tooLarge)).rejects.toMatchObject({ code: 'VALUE_TOO_LARGE' })
  })
})
