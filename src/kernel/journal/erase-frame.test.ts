import { describe, expect, it } from 'vitest'
import { asEffectKey, asEpoch, asPid, asSeq } from '../../std/index.ts'
import { eraseFrame } from './erase-frame.ts'
import type { Fact } from './facts.ts'
import { payloadOf } from './outcome.ts'
import { CHAIN_START, sealFrame } from './seal.ts'

let draws = 0
const ports = {
  hash: { sha256: (text: string) => `hash of ${text}` },
  random: { hex: () => `salt ${(draws += 1)}`, next: () => 0.5 },
  inlineMax: 100,
}
const settled = (key: string, seq: number): Fact => {
  const outcome = { type: 'ok', value: payloadOf(`said by ${key}`) } as const
  return { type: 'settled', key: asEffectKey(key), attempt: 1, outcome, v: 1, seq: asSeq(seq), at: 5 }
}
const about = { pid: asPid('p'), epoch: asEpoch(1), n: 0, prevHash: CHAIN_START }
const { frame } = sealFrame({ ...about, facts: [settled('a', 0), settled('b', 1), settled('a!end', 2)] }, ports)

describe('a frame of which payloads are erased', () => {
  it('J1: keeps none of them', () => {
    const { payloads, gone } = eraseFrame(frame, undefined)
    expect(payloads).not.toContain('said by')
    expect(gone).toHaveLength(3)
  })

  it('J1: keeps those of other effects, and none of what hangs on the key', () => {
    const { payloads, gone } = eraseFrame(frame, asEffectKey('a'))
    expect(payloads.match(/said by \w/g)).toEqual(['said by b'])
    expect(gone).toHaveLength(2)
    expect(eraseFrame({ ...frame, payloads }, asEffectKey('a'))).toEqual({ payloads, gone: [] })
  })
})
