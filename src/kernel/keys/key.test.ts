import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asEffectId, asEffectKey, asPid, asScopePath, ROOT_SCOPE } from '../../std/index.ts'
import {
  authorIdent,
  baseKey,
  calledBy,
  childPid,
  contentIdent,
  effectId,
  isGrace,
  KeyCounter,
  pauseKey,
  suffixed,
  suffixOf,
} from './key.ts'

const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') }

describe('keys', () => {
  it('K1: count equal asks of one scope, and tell scopes, kinds, names and idents apart', () => {
    const keys = new KeyCounter()
    expect(keys.next(ROOT_SCOPE, 'tool', 'pay', 'x')).toBe('tool:pay:x#0')
    expect(keys.next(ROOT_SCOPE, 'tool', 'pay', 'x')).toBe('tool:pay:x#1')
    expect(keys.next(asScopePath('0.all[1]/'), 'tool', 'pay', 'x')).toBe('0.all[1]/tool:pay:x#0')
    expect(keys.next(ROOT_SCOPE, 'step', 'pay', 'x')).toBe('step:pay:x#0')
    expect(keys.next(ROOT_SCOPE, 'tool', 'pay', 'y')).toBe('tool:pay:y#0')
  })

  it('K3: equal content, equal ident, whatever the order of members', () => {
    expect(contentIdent({ a: 1, b: [2] }, hash)).toBe(contentIdent({ b: [2], a: 1 }, hash))
    expect(contentIdent({ a: 1 }, hash)).not.toBe(contentIdent({ a: '1' }, hash))
    expect(contentIdent(null, hash)).toHaveLength(32)
  })

  it('an author’s key cannot forge the structure of a key', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(authorIdent(text)).toMatch(/^=[^#!/[\]]*$/)
      }),
    )
    expect(authorIdent('a#1')).not.toBe(authorIdent('a%231'))
  })

  it('a key says what it is called, whatever an author’s key holds', () => {
    const keys = new KeyCounter()
    const scope = asScopePath('0.select[go:now]/')
    expect(calledBy(keys.next(scope, 'tool', 'pay', authorIdent('order:7:a')))).toBe('pay')
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(calledBy(keys.next(scope, 'tool', 'pay', authorIdent(text)))).toBe('pay')
        expect(calledBy(keys.next(ROOT_SCOPE, 'receive', '', authorIdent(text)))).toBe('receive')
      }),
    )
  })

  it('suffixes hang on a key and come off again', () => {
    const key = asEffectKey('tool:pay:x#0')
    expect(suffixed(key, 'approval')).toBe('tool:pay:x#0!approval')
    expect(baseKey(suffixed(key, 'budget'))).toBe(key)
    expect(baseKey(key)).toBe(key)
    expect(suffixOf(suffixed(key, 'end'))).toBe('end')
    expect(suffixOf(key)).toBeUndefined()
    expect(baseKey(pauseKey(key, 'pause', 3))).toBe(key)
    for (let n = 0; n <= 30; n++) expect(isGrace(pauseKey(key, 'grace', n))).toBe(true)
    expect(isGrace(pauseKey(key, 'pause', 12))).toBe(false)
  })

  it('K5: an effect id differs by pid, incarnation, segment and key', () => {
    const key = asEffectKey('k')
    const ids = [
      effectId({ pid: asPid('a'), incarnation: 0, segment: 0 }, key),
      effectId({ pid: asPid('a'), incarnation: 0, segment: 1 }, key),
      effectId({ pid: asPid('a'), incarnation: 1, segment: 0 }, key),
      effectId({ pid: asPid('b'), incarnation: 0, segment: 0 }, key),
      effectId({ pid: asPid('a'), incarnation: 0, segment: 0 }, asEffectKey('l')),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids[0]).toBe('a/0/0/k')
  })

  it('K5: a child’s pid is a function of the effect that starts it', () => {
    const one = childPid(asEffectId('p/0/0/run'), 'read er/x', hash)
    expect(one).toBe(childPid(asEffectId('p/0/0/run'), 'read er/x', hash))
    expect(one).toMatch(/^read-er-x-[0-9a-f]{24}$/)
    expect(one).not.toBe(childPid(asEffectId('p/0/1/run'), 'read er/x', hash))
  })
})
