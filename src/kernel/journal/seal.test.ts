import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asEffectKey, asEpoch, asPid, asSeq } from '../../std/index.ts'
import type { Fact } from './facts.ts'
import { failure, payloadOf } from './outcome.ts'
import { CHAIN_START, openFrame, sealFrame, verifyFrame } from './seal.ts'
import type { SealedFrame } from './seal.ts'

const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') }
let draws = 0
const random = { hex: (bytes: number) => hash.sha256(String((draws += 1))).slice(0, bytes * 2), next: () => 0.5 }
const pid = asPid('p')

function settled(seq: number, value: unknown): Fact {
  const outcome = { type: 'ok', value: payloadOf(value) } as const
  return { type: 'settled', key: asEffectKey(`k${seq}`), attempt: 1, outcome, v: 1, seq: asSeq(seq), at: 5 }
}

function seal(facts: readonly Fact[], n = 0, prevHash = CHAIN_START, inlineMax = 1_000) {
  return sealFrame({ pid, epoch: asEpoch(1), n, prevHash, facts }, { hash, random, inlineMax })
}

const noBlob = (): undefined => undefined
const check = (frame: SealedFrame, n = 0, prevHash = CHAIN_START): string | undefined =>
  verifyFrame(frame, { n, prevHash }, hash, noBlob)

describe('a sealed frame', () => {
  const facts = [settled(3, { name: 'Ann', when: new Date(5), big: 5n }), settled(4, 'plain')]

  it('J1: opens to equal facts and verifies', () => {
    const { frame, blobs } = seal(facts)
    expect(blobs).toEqual([])
    expect(openFrame(frame, noBlob)).toEqual(facts)
    expect(check(frame)).toBeUndefined()
    expect(frame).toMatchObject({ firstSeq: 3, lastSeq: 4, n: 0 })
  })

  it('J1: holds no payload in what the hash covers', () => {
    const { frame } = seal(facts)
    expect(frame.body).not.toContain('Ann')
    expect(frame.payloads).toContain('Ann')
  })

  it('J1: verifies after a payload was erased, and says so when it is read', () => {
    const { frame } = seal(facts)
    const payloads = JSON.parse(frame.payloads) as unknown[]
    payloads[0] = null
    const erased = { ...frame, payloads: JSON.stringify(payloads) }
    expect(check(erased)).toBeUndefined()
    expect(openFrame(erased, noBlob)[0]).toMatchObject({ outcome: { value: { erased: true } } })
    expect(openFrame(erased, noBlob)[1]).toEqual(facts[1])
  })

  it('equal payloads have different digests', () => {
    const { frame } = seal([settled(1, 'same'), settled(2, 'same')])
    const digests = [...frame.body.matchAll(/"d":"(\w+)"/g)].map((match) => match[1])
    expect(digests).toHaveLength(2)
    expect(digests[0]).not.toBe(digests[1])
  })

  it.each([
    [
      'a fact',
      (frame: SealedFrame) => ({ ...frame, body: frame.body.replace('"k3"', '"k9"') }),
      'its hash does not fit',
    ],
    ['a payload', (frame: SealedFrame) => ({ ...frame, payloads: frame.payloads.replace('Ann', 'Bob') }), 'payload 0'],
    ['its place', (frame: SealedFrame) => ({ ...frame, n: 1 }), 'frame 0 is missing'],
    ['its predecessor', (frame: SealedFrame) => ({ ...frame, prevHash: 'x' }), 'the chain is broken'],
    ['its epoch', (frame: SealedFrame) => ({ ...frame, epoch: asEpoch(2) }), 'its hash does not fit'],
  ])('notices that %s was changed', (_what, change, problem) => {
    expect(check(change(seal(facts).frame))).toContain(problem)
  })

  it('F34: large payloads are blobs by content, outside the frame', () => {
    const large = 'x'.repeat(2_000)
    const { frame, blobs } = seal([settled(0, large), settled(1, 'small')])
    expect(blobs).toHaveLength(1)
    const text = blobs[0]?.text ?? ''
    expect(blobs[0]?.sha256).toBe(hash.sha256(text))
    expect(frame.payloads.length).toBeLessThan(500)
    const blob = (sha256: string): string | undefined => (sha256 === blobs[0]?.sha256 ? text : undefined)
    expect(openFrame(frame, blob)).toEqual([settled(0, large), settled(1, 'small')])
    expect(verifyFrame(frame, { n: 0, prevHash: CHAIN_START }, hash, blob)).toBeUndefined()
    expect(verifyFrame(frame, { n: 0, prevHash: CHAIN_START }, hash, () => '"other"')).toContain('payload 0')
    expect(openFrame(frame, noBlob)[0]).toMatchObject({ outcome: { value: { erased: true } } })
  })

  it('F34: what is as long as a frame may hold is in it, what is longer by one is a blob', () => {
    const at = payloadOf('x'.repeat(50)).text.length
    expect(seal([settled(0, 'x'.repeat(50))], 0, CHAIN_START, at).blobs).toHaveLength(0)
    expect(seal([settled(0, 'x'.repeat(51))], 0, CHAIN_START, at).blobs).toHaveLength(1)
  })

  it('names the two frames between which the chain is broken', () => {
    expect(check(seal(facts, 3, 'x').frame, 3, 'y')).toContain('frame 3 does not follow frame 2')
  })

  it('errors are payloads too', () => {
    const outcome = failure({ code: 'X', message: 'about Ann', retryable: false })
    const { frame } = seal([{ ...settled(0, 1), outcome } as Fact])
    expect(frame.body).not.toContain('Ann')
  })

  it('what cannot be read says which frame and what to do', () => {
    const { frame } = seal(facts)
    expect(() => openFrame({ ...frame, body: '[' }, noBlob)).toThrow('frame 0 of p cannot be read')
  })
})
