/** Sizes of what is sent of a process that arrives. */
import { describe, expect, it } from 'vitest'
import { asEpoch, asPid, asSeq } from '../../std/index.ts'
import type { SealedFrame } from '../../kernel/index.ts'
import type { MovedRun } from '../move/moved-run.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { MOVE_REQUEST_BYTES_MAX, PAGE_BYTES_MAX, PAGE_MAIL } from './limits.ts'
import { inPages, parcelOf } from './moved-forms.ts'

const PID = asPid('p')
const frame = (n: number, payloads: string): SealedFrame => ({
  ...{ pid: PID, epoch: asEpoch(n + 1), n, firstSeq: asSeq(n), lastSeq: asSeq(n) },
  ...{ body: '[]', payloads, prevHash: '', hash: `hash-${n}` },
})

const processOf = (about: {
  readonly frames?: readonly SealedFrame[]
  readonly mail?: readonly string[]
}): MovedRun['processes'][number] => ({
  ...{ pid: PID, parent: null, root: PID, depth: 0, kind: 'workflow', workflow: 'w', file: null, status: 'waiting' },
  ...{
    createdAt: 1,
    updatedAt: 1,
    endedAt: null,
    activations: 1,
    segmentN: 0,
    summary: null,
    parked: null,
    result: null,
  },
  ...{ request: JSON.stringify({ pid: PID }), waits: [], seen: [], erased: null },
  mail: (about.mail ?? []).map((body) => ({ kind: 'm', text: JSON.stringify({ id: 'm', to: PID, topic: 't', body }) })),
  frames: about.frames ?? [],
})

const parcel = (about: Parameters<typeof processOf>[0]) =>
  parcelOf(processOf(about), { get: () => undefined, hash: nodeHash, at: 1 })

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

describe('pages', () => {
  it('are closed before what overflows them, and hold all in order', () => {
    const sizes = [1, 0.6, 0.6, 2, 0.4, 0.4, 0.4].map((part) => Math.floor(part * PAGE_BYTES_MAX))
    const pages = inPages(sizes, (size) => size)
    expect(pages.flat()).toEqual(sizes)
    expect(pages.map((page) => page.length)).toEqual([1, 1, 1, 1, 2, 1])
    const many = inPages(
      Array.from({ length: 2 * PAGE_MAIL + 1 }, () => 1),
      (size) => size,
    )
    expect(many.map((page) => page.length)).toEqual([PAGE_MAIL, PAGE_MAIL, 1])
    expect(inPages([], () => 1)).toEqual([])
  })

  it('are as large as they are on the line: in bytes, with texts in texts escaped', () => {
    const [cjk, quotes] = [JSON.stringify('語'.repeat(600_000)), JSON.stringify('"'.repeat(600_000))]
    const { frames } = parcel({ frames: [cjk, quotes, cjk, quotes].map((payloads, n) => frame(n, payloads)) })
    expect(frames.flat().map(({ n }) => n)).toEqual([0, 1, 2, 3])
    for (const page of frames) expect(bytes(page)).toBeLessThanOrEqual(PAGE_BYTES_MAX + PAGE_MAIL + 2)
    const { pages } = parcel({ mail: ['語'.repeat(900_000), '語'.repeat(900_000)] })
    expect(pages.map(({ mail }) => mail.length)).toEqual([1, 1])
  })
})

describe('what is larger than a request', () => {
  const tooLarge = expect.objectContaining({
    code: 'VALUE_TOO_LARGE',
    message: expect.stringContaining('of p') as string,
  }) as Error
  const large = '語'.repeat(MOVE_REQUEST_BYTES_MAX / 3)

  it('is refused before anything is sent', () => {
    expect(() => parcel({ frames: [frame(0, large)] })).toThrow(tooLarge)
    expect(() => parcel({ mail: [large] })).toThrow(tooLarge)
  })
})

it('a journal of very many frames has its last epoch in its head', () => {
  const count = 200_000
  const { end, frames } = parcel({ frames: Array.from({ length: count }, (_, n) => frame(n, '[]')) })
  expect(end.head).toMatchObject({ n: count, epoch: count, hash: `hash-${count - 1}` })
  expect(frames.flat()).toHaveLength(count)
})
