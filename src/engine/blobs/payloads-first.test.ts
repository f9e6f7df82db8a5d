import { describe, expect, it } from 'vitest'
import { asPid, SkeinError } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import type { FrameRow } from '../activation-rows.ts'
import { memoryBlobs } from '../memory/memory-blobs.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import type { BlobStore } from './blob-store.ts'
import { JournalBlobs } from './journal-blobs.ts'
import { PayloadsFirst } from './payloads-first.ts'

const P = asPid('p')
const END = { end: { type: 'yield' }, at: 0, heardSeq: 0, firstSeq: 0 } as const
const blobOf = (text: string) => ({ sha256: nodeHash.sha256(text), text })
const row = (...texts: readonly string[]): FrameRow => ({
  ...{ sent: [], waits: [], unwaits: [], consumed: [] },
  ...(texts.length === 0 ? {} : { blobs: texts.map(blobOf) }),
})
/** No pause takes any time. */
const hasty: Clock = { ...nodeClock, timer: (_delayMs, fire) => nodeClock.timer(0, fire) }

function outboxOver(store: BlobStore) {
  const told: string[] = []
  const blobs = new JournalBlobs(store, { hash: nodeHash, installation: 'i', onAway: () => told.push('away') })
  let isOver = false
  const payloads = new PayloadsFirst({
    ...{ pid: P, blobs, clock: hasty, isOver: () => isOver },
    outbox: {
      push: ({ blobs: left }, bytes) =>
        void told.push(left === undefined ? `frame ${bytes}` : 'a frame with its blobs'),
      end: () => void told.push('end'),
    },
    refused: ({ code }) => void told.push(code),
  })
  return { payloads, told, blobs, drop: () => (isOver = true) }
}

describe('what an activation says', () => {
  it('goes on at once where nothing lies outside', () => {
    const { payloads, told } = outboxOver(memoryBlobs())
    payloads.push(row(), 1)
    payloads.end(END)
    expect(told).toEqual(['frame 1', 'end'])
  })

  it('waits for its payloads, each of them once, and everything later waits behind it', async () => {
    const store = memoryBlobs()
    const put: string[] = []
    const { payloads, told } = outboxOver({
      ...store,
      put: async (name, text) => {
        await store.put(name, text)
        put.push(text)
      },
    })
    payloads.push(row('a', 'b', 'a'), 1)
    payloads.push(row('b'), 2)
    payloads.push(row(), 3)
    payloads.end(END)
    expect(told).toEqual([])
    await payloads.waiting
    expect([told, put]).toEqual([
      ['frame 1', 'frame 2', 'frame 3', 'end'],
      ['a', 'b'],
    ])
  })

  it('waits for a store that is away, and tells of it once; what it refuses ends everything', async () => {
    const answers = ['BLOBS_UNREACHABLE', 'BLOBS_UNREACHABLE', undefined, 'BLOBS_REFUSED']
    const { payloads, told } = outboxOver({
      ...memoryBlobs(),
      put: async () => {
        const code = answers.shift()
        if (code !== undefined) throw new SkeinError(code, 'no')
      },
    })
    payloads.push(row('a'), 1)
    await payloads.waiting
    payloads.push(row('b'), 2)
    payloads.push(row(), 3)
    await payloads.waiting
    payloads.end(END)
    expect([told, answers]).toEqual([['away', 'frame 1', 'BLOBS_REFUSED'], []])
  })

  it('is nothing any more once its activation is over, or closed', async () => {
    for (const how of ['drop', 'close'] as const) {
      const { payloads, told, drop } = outboxOver(memoryBlobs())
      payloads.push(row('a'), 1)
      payloads.push(row(), 2)
      if (how === 'drop') drop()
      else payloads.close()
      await payloads.waiting
      expect(told).toEqual([])
    }
  })
})

describe('payloads of journals', () => {
  it('have names of their process and installation, and are nothing but what was put', async () => {
    const store = memoryBlobs()
    const [here, there] = ['i', 'j'].map((installation) => new JournalBlobs(store, { hash: nodeHash, installation }))
    const { sha256 } = blobOf('a')
    await here!.put(P, [blobOf('a')], new AbortController().signal)
    expect(await here!.get(P, sha256)).toBe('a')
    for (const other of [there!.get(P, sha256), here!.get(asPid('q'), sha256)])
      await expect(other).rejects.toMatchObject({ code: 'BLOB_LOST' })
    expect(await here!.with(P, (get) => [get(sha256), get(sha256)])).toEqual(['a', 'a'])
    await there!.erase(P, undefined, [])
    expect(await here!.get(P, sha256)).toBe('a')
    for await (const name of store.names('')) {
      await store.remove(name)
      await store.put(name, 'b')
    }
    await expect(here!.get(P, sha256)).rejects.toThrow(/was changed in the store/)
    await here!.erase(P, undefined, [])
    await expect(here!.get(P, sha256)).rejects.toThrow(/is not in the store/)
  })
})
