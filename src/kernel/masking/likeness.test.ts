import { describe, expect, it } from 'vitest'
import { asEffectKey, asSeq } from '../../std/index.ts'
import type { Fact } from '../journal/facts.ts'
import { payloadOf } from '../journal/outcome.ts'
import { Likeness } from './likeness.ts'
import { Masker } from './masker.ts'
import { Pseudonyms } from './pseudonym.ts'

const said = (text: string): readonly Fact[] => {
  const outcome = { type: 'ok', value: payloadOf(text) } as const
  return [{ type: 'settled', key: asEffectKey('k'), attempt: 1, outcome, v: 1, seq: asSeq(0), at: 1 }]
}
const likeness = (real: string, masked: string, quoted: string): Likeness => {
  const pseudonyms = new Pseudonyms('s', { sha256: (text) => text })
  const given = {
    pseudonyms,
    sources: [`if (kind === '${quoted}')`],
    names: new Set<string>(),
    children: new Set<string>(),
  }
  return new Likeness(said(real), said(masked), new Masker(given))
}

describe('a call with masked values', () => {
  it('is alike where its words are what the others were masked to, or parts of them', () => {
    const like = likeness('openness', 'brewster', 'shut')
    expect(like.areAlike('say openness', 'say brewster')).toBe(true)
    expect(like.areAlike('say OPENNESS', 'say BREWSTER')).toBe(true)
    expect(like.areAlike('say open', 'say brew')).toBe(true)
    expect(like.areAlike('say openness', 'say so')).toBe(false)
  })

  it('is another where one of the words is the own word of the code, which never comes from a value', () => {
    expect(likeness('openness', 'brewster', 'open').areAlike('say open', 'say brew')).toBe(false)
    expect(likeness('openness', 'brewster', 'brew').areAlike('say open', 'say brew')).toBe(false)
  })
})
