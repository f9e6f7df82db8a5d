import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addCounts, noCounts } from './chaos/counts.ts'
import { dataOf, pageOf } from './chaos/page.ts'
import type { CrashData } from './chaos/page.ts'
import { live } from './chaos/life.ts'
import { readOptions } from './chaos/options.ts'
import { restatePageOf } from './chaos/restate/page.ts'
import { noSimulated, tallySince, withTally } from './chaos/record.ts'
import type { CampaignRecord, Records } from './chaos/record.ts'
import { simulateMore } from './chaos/simulated/simulated.ts'
import { readRecords, updateRecords, withPublished } from './chaos/state.ts'

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
    expect(read('crash-restate.md')).toBe(restatePageOf(JSON.parse(read('data/crash-restate.json')) as CrashData))
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

  it('shows of a program that died what it died of, in one line', () => {
    const died =
      'Error: it ended with 1: file:///built.mjs:7\n\tthrow new SkeinError("X")\n\t^\n\nSkeinError: no server\n    at start'
    const page = pageOf(dataOf({ campaigns: [campaign('one', tallyOf(1, [], [died]))] }, says))
    expect(page).toContain('`--scenario tools --seed 7`: SkeinError: no server\n\n')
    expect(page).not.toContain('built.mjs')
  })

  it('goes on where a campaign was: sums are added, seeds and facts are not counted twice', () => {
    const once = withTally(undefined, tallyOf(3, ['a'], ['lost: x']))
    const { counts, hit, failures, next } = withTally(once, tallyOf(4, ['a', 'b']))
    expect([counts.kills, counts.runs, counts.lost, hit, failures.length, next]).toEqual([7, 2, 1, ['a', 'b'], 1, 4])
    const sums = noCounts()
    addCounts(sums, counts)
    expect(sums).toEqual(counts)
  })

  it('says which runs on servers were not judged by a rule of before, and marks those that are by that of today', () => {
    const unjudged = (isUnjudged?: true) => {
      const tally = tallyOf(0, [], ['no end'])
      Object.assign(tally.counts, { lost: 0, unjudged: 1 })
      return { ...tally, failures: [{ seed: 7, what: 'no end', ...(isUnjudged ? { isUnjudged } : {}) }] }
    }
    const page = (isUnjudged?: true) =>
      restatePageOf(dataOf({ campaigns: [campaign('one', unjudged(isUnjudged))] }, says))
    expect(page()).toContain('1 was booked by an older rule')
    expect(page(true)).not.toContain('older rule')
    expect(page(true)).toContain('`--scenario tools --seed 7`, not judged: no end')
  })

  it('says of what could not run that it was not run', () => {
    const page = pageOf(dataOf({ campaigns: [] }, says, ['tools']))
    expect(page).toContain('| tools | not run here |')
  })
})

describe('the state of a campaign', () => {
  const published = dataOf({ campaigns: [campaign('one', tallyOf(10, ['a', 'b']))] }, says)
  const killsIn = ({ campaigns }: Records): readonly (number | undefined)[] =>
    campaigns.map(({ scenarios }) => scenarios['tools']?.counts.kills)

  it('begins with what was published, and adds to it', () => {
    const { campaigns } = withPublished({ campaigns: [] }, published)
    expect(dataOf({ campaigns }, says)).toEqual(published)
    const record = withTally(campaigns[0]?.scenarios['tools'], tallyOf(4, ['a']))
    expect([record.counts.kills, record.next]).toEqual([14, 10])
    expect(
      dataOf({ campaigns: [{ ...campaign('one', tallyOf(0, [])), scenarios: { tools: record } }] }, says).campaigns[0]
        ?.scenarios['tools'],
    ).toMatchObject({ kills: 14, hit: 2, facts: 3 })
  })

  it('does not add what was published a second time, and keeps what was not', () => {
    const mine = { campaigns: [campaign('one', tallyOf(10, ['a'])), campaign('two', tallyOf(5, []))] }
    const once = withPublished(mine, published)
    expect(killsIn(once)).toEqual([10, 5])
    expect(killsIn(withPublished(once, published))).toEqual([10, 5])
  })

  it('takes from a tally what is new since it was saved', () => {
    const saved = withTally(undefined, tallyOf(3, ['a'], ['lost: x']))
    const { counts, failures } = tallySince(tallyOf(5, ['a'], ['lost: x', 'lost: y']), saved)
    expect([counts.kills, counts.lost, failures.map(({ what }) => what)]).toEqual([2, 1, ['lost: y']])
  })

  it('is changed from what the file holds by then, not from what it held', () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-crash-test-'))
    const file = join(folder, 'deep', 'state.json')
    const add = (commit: string): Records =>
      updateRecords(file, ({ campaigns }) => ({ campaigns: [...campaigns, campaign(commit, tallyOf(1, []))] }))
    add('mine')
    add('theirs')
    expect(readRecords(file).campaigns.map(({ commit }) => commit)).toEqual(['mine', 'theirs'])
    rmSync(folder, { recursive: true })
  })
})

describe('the words behind crash-report', () => {
  it('are read', () => {
    expect(readOptions(['--scenario', 'timers', '--seed', '3', '--kills-per-run', '4'])).toEqual({
      seconds: 60,
      simulated: 0,
      workers: 2,
      isJson: false,
      scenario: 'timers',
      seed: 3,
      killsPerRun: 4,
    })
  })

  it('are six runs at a time on servers, where nothing else is said', () => {
    expect(readOptions(['--engine', 'restate'])).toMatchObject({ engine: 'restate', workers: 6 })
  })

  it.each([
    [['--help'], 0, /^npm run crash-report/],
    [['--scenario', 'nonesuch'], 2, /^there is no scenario "nonesuch"[^]*serial-tools, parallel-tools/],
    [['--seconds', 'abc'], 2, /^--seconds takes a whole number from 0 on, not "abc"/],
    [['--workers', '0'], 2, /^--workers takes a whole number from 1 on/],
    [['--sead', '1'], 2, /^Unknown option '--sead'/],
  ])('%j: are answered with how it is called', (argv, exitCode, words) => {
    expect(readOptions(argv)).toEqual({ usage: expect.stringMatching(words), exitCode })
  })
})

describe('the simulated half', () => {
  const simulated = async (program: string) => {
    const built = mkdtempSync(join(tmpdir(), 'skein-crash-test-'))
    mkdirSync(built, { recursive: true })
    writeFileSync(join(built, 'simulated.mjs'), program)
    try {
      return await simulateMore(noSimulated(), 3, { built, workers: 2 })
    } finally {
      rmSync(built, { recursive: true })
    }
  }
  const stretch = { next: 9, programs: 1, crashes: 2, facts: 1, writes: 1, repeatedShown: 0, failures: [] }

  it('adds up until it is enough', async () => {
    const line = JSON.stringify(JSON.stringify(stretch))
    const { crashes } = await simulated(`setInterval(() => console.log(${line}), 5)`)
    expect(crashes).toBeGreaterThanOrEqual(3)
  })

  it('fails when the simulator itself does', () =>
    expect(simulated('process.exit(3)')).rejects.toThrow('a simulator ended with 3, near seed 1'))
})

describe('a life that fails', () => {
  it('is heard of by who waits for its end, and ends nobody else', async () => {
    const built = mkdtempSync(join(tmpdir(), 'skein-crash-test-'))
    writeFileSync(join(built, 'workload.mjs'), 'process.exit(3)')
    const place = { built, socket: '', run: 'r', folder: built }
    const lived = live(place, { program: 'timers', folder: built, life: 0 }, 1_000)
    await expect(lived).rejects.toThrow('it ended with 3')
    rmSync(built, { recursive: true })
  })
})
