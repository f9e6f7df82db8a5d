import { describe, expect, it } from 'vitest'
import { upgradeAmbiguous } from './adopt.ts'
import type { UpgradeReport } from './report.ts'

const said = (...ambiguous: readonly object[]): string =>
  upgradeAmbiguous({ pid: 'p', workflow: 'w', ambiguous } as unknown as UpgradeReport).message

describe('code that cannot go on by itself', () => {
  it('U6: says of each ask why nobody may answer it by a guess', () => {
    const asks = [
      { name: 'pay', why: 'may be done', candidates: [{ seq: 7 }] },
      { name: 'mail', why: 'was answered', candidates: [{ seq: 8 }] },
      { name: 'book', why: 'scope is closed', candidates: [] },
    ]
    expect(said(...asks)).toContain(
      'pay may be done already (fact 7), mail was answered before, at another place, book is asked for in branches that were over',
    )
  })
})
