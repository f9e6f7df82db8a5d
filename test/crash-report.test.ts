import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { addCounts, noCounts } from './chaos/counts.ts'
import { dataOf, pageOf } from './chaos/page.ts'
import type { CrashData } from './chaos/page.ts'
import { noSimulated, withTally } from './chaos/record.ts'
import type { CampaignRecord } from './chaos/record.ts'

const read = (path: string): string => readFileSync(new URL(`../docs/reports/${path}`, import.meta.url), 'utf8')

const tallyOf = (kills: number, hit: readonly string[], failed: readonly string[] = []) => ({
  counts: Object.assign(noCounts(), { kills, runs: 1, lost: failed.length }),
  facts: new Set(['a', 'b', 'c']),
  hit: new Set(hit),
  failures: failed.map((what) => ({ seed: 7, what })),
  next: kills,
})
const campaign = (commit: string, tally: ReturnType<typeof tallyOf>): CampaignRecord => ({
  commit,
  machine: { node: 'v1', sqlite: '3', os: 'os', cpu: '2 × cpu', memory: '8 GB' },
  seconds: 60,
  lastOn: '2026-01-01',
  scenarios: { tools: withTally(undefined, tally) },
  simulated: { ...noSimulated(), crashes: 40, programs: 4 },
})
const says = { tools: 'tools of every class' }

describe('the crash report', () => {
  it('says what its data says', () => {
    expect(read('crash.md')).toBe(pageOf(JSON.parse(read('data/crash.json')) as CrashData))
  })

  it('adds up campaigns, and keeps versions apart', () => {
    const page = pageOf(
      dataOf({ campaigns: [campaign('one', tallyOf(10, ['a', 'z'])), campaign('two', tallyOf(5, ['a', 'b']))] }, says),
    )
    expect(page).toContain('**15 kills of 2 runs with 0 effects: 0 lost')
    expect(page).toContain('80 more crashes of 8 random programs')
    expect(page).toContain('| tools | 15 | 2 | 0 | 2 of 3 |')
    expect(page).toMatch(/\| one \| 10 \|.*\n\| two \| 5 \|/)
    expect(page).toContain('None.')
  })

  it('names every offence, and how to repeat it', () => {
    const page = pageOf(dataOf({ campaigns: [campaign('one', tallyOf(1, [], ['lost: mail 4']))] }, says))
    expect(page).toContain('1 lost')
    expect(page).toContain('`--scenario tools --seed 7`: lost: mail 4')
  })

  it('goes on where a campaign was: sums are added, seeds and facts are not counted twice', () => {
    const once = withTally(undefined, tallyOf(3, ['a'], ['lost: x']))
    const { counts, hit, failures, next } = withTally(once, tallyOf(4, ['a', 'b']))
    expect([counts.kills, counts.runs, counts.lost, hit, failures.length, next]).toEqual([7, 2, 1, ['a', 'b'], 1, 4])
    const sums = noCounts()
    addCounts(sums, counts)
    expect(sums).toEqual(counts)
  })
})
