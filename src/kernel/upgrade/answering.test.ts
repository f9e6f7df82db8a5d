import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import type { ProcessState } from '../processes/process-state.ts'
import { Told } from './answering.ts'

const [early, late] = [asEffectKey('early'), asEffectKey('late')]

/** Code that was adopted at 10, and what it has been told so far, by `seq`. */
function told(...seqs: readonly number[]): Told {
  const of = new Told({ adoptions: [{ seq: 10, orphans: new Set([late]) }] } as unknown as ProcessState)
  for (const seq of seqs) of.note(asEffectKey(`k${seq}`), seq)
  return of
}

describe('whether a record comes in time', () => {
  it('U5: it does before anything is delivered that was learned after it was asked for', () => {
    expect(told(3).isInTime({ key: early, firstSeq: 4 })).toBe(true)
    expect(told(5).isInTime({ key: early, firstSeq: 4 })).toBe(false)
    expect(told(12).isInTime({ key: early, firstSeq: 4 })).toBe(false)
  })

  it('U5: the latest of what was delivered counts, in whatever order it was', () => {
    expect(told(5, 3).isInTime({ key: early, firstSeq: 4 })).toBe(false)
    expect(told(3, 2).isInTime({ key: early, firstSeq: 4 })).toBe(true)
  })

  it('U7: what was left over at the adoption may come after what is new', () => {
    expect(told(12).isInTime({ key: late, firstSeq: 4 })).toBe(true)
    expect(told(5, 12).isInTime({ key: late, firstSeq: 4 })).toBe(false)
  })
})
