import { describe, expect, it } from 'vitest'
import { asScopePath, ROOT_SCOPE } from '../../std/index.ts'
import { liesWithin, Scope } from './scope.ts'

describe('scopes', () => {
  it('S1: paths grow by operation and branch', () => {
    const root = new Scope(ROOT_SCOPE, undefined)
    const race = root.openCombinator('race')
    const branch = race.branch('a')
    expect(race.path).toBe('0.race')
    expect(branch.path).toBe('0.race[a]/')
    race.close()
    expect(root.openCombinator('all').path).toBe('1.all')
    expect(branch.openCombinator('map').path).toBe('0.race[a]/0.map')
  })

  it('S2: a scope is suspended while its combinator is open', () => {
    const root = new Scope(ROOT_SCOPE, undefined)
    root.assertMayCall('now')
    const all = root.openCombinator('all')
    expect(() => root.assertMayCall('now')).toThrow('ctx.now was called while ctx.all is open')
    all.branch('x').assertMayCall('now')
    all.conclude()
    expect(() => root.assertMayCall('now')).toThrow('is open')
    all.close()
    root.assertMayCall('now')
  })

  it('what is below a scope that is not open is not open', () => {
    const root = new Scope(ROOT_SCOPE, undefined)
    const race = root.openCombinator('race')
    const branch = race.branch('a')
    expect([branch.isOpen, branch.isConcluded, branch.isClosed]).toEqual([true, false, false])
    race.conclude()
    expect([race.isConcluded, branch.isOpen, branch.isClosed, root.isOpen]).toEqual([true, false, false, true])
    race.close()
    expect([branch.isOpen, branch.isClosed, root.isOpen]).toEqual([false, true, true])
    race.conclude()
    expect(race.isClosed).toBe(true)
  })

  it('a path lies within its scope only', () => {
    expect(liesWithin('0.race[a]/tool:x', asScopePath('0.race'))).toBe(true)
    expect(liesWithin('0.race:close', asScopePath('0.race'))).toBe(false)
    expect(liesWithin('10.race[a]/tool:x', asScopePath('0.race'))).toBe(false)
    expect(liesWithin('anything', ROOT_SCOPE)).toBe(true)
  })
})
