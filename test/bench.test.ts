/** The bench harness, and that no page under `docs/reports` says anything but what its stored report gives. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { BENCHES } from '../bench/benches.ts'
import { engine } from '../bench/engine.ts'
import { askedFor, BadArguments } from '../bench/harness/arguments.ts'
import type { Bench } from '../bench/harness/bench.ts'
import { pagesOf } from '../bench/harness/carry-out.ts'
import { parseSaid, runCell } from '../bench/harness/cell-process.ts'
import { compare, isAgreeing } from '../bench/harness/compare.ts'
import { blindspotsVerdict, crashVerdict, plantedVerdict } from '../bench/harness/elsewhere.ts'
import { lossesOf } from '../bench/harness/losses.ts'
import { commitOf } from '../bench/harness/machine.ts'
import { pageOf } from '../bench/harness/page.ts'
import type { BenchReport, CellReport, Sample } from '../bench/harness/report.ts'
import { interleave, resumedReport } from '../bench/harness/rounds.ts'
import { scoreboardPage } from '../bench/harness/scoreboard.ts'
import { isOverlapping, spreadOf, spreadText } from '../bench/harness/spread.ts'
import { profileAsked } from '../bench/profile/asked.ts'
import { waiting } from '../bench/waiting.ts'
import { payloadOf } from '../src/kernel/index.ts'
import type { LedgerEntry } from '../src/testing/crash/ledger-entry.ts'
import { noCounts } from './chaos/counts.ts'
import { noSimulated } from './chaos/record.ts'
import { jobsOf, judge } from './handover/deploys.ts'
import type { Fate } from './blindspots/fates.ts'
import { digestOf } from './planted/results.ts'

const BENCH: Bench = {
  name: 'walk',
  summary: 'How far one gets.',
  method: 'One walks.',
  reference: 'ours',
  figures: [
    { key: 'km', label: 'km', better: 'more', hasRatio: true },
    { key: 'blisters', label: 'blisters', better: 'less' },
  ],
  cells: [
    { variant: 'ours', script: 'ours.ts' },
    { variant: 'theirs', script: 'theirs.mjs', peer: 'boots' },
  ],
  goals: [
    {
      what: 'a walk',
      toReach: '≥ 5 km',
      why: 'it rained',
      judge: (measured) => {
        const km = measured.median('ours', 'km')
        return km === undefined ? undefined : { isReached: km >= 5, figure: `${km} km` }
      },
    },
  ],
}

const cellOf = (variant: string, samples: readonly Sample[], failures: readonly string[] = []): CellReport => ({
  variant,
  side: variant === 'ours' ? 'skein' : 'peer',
  args: {},
  roundsDue: 3,
  samples,
  failures,
  seconds: 1,
})
const kms = (...values: readonly number[]): readonly Sample[] => values.map((km) => ({ km, blisters: 1 }))
const reportOf = (...cells: readonly CellReport[]): BenchReport => ({
  format: 1,
  bench: 'walk',
  date: '2026-11-01T10:20:30.000Z',
  isQuick: false,
  machine: { cpu: 'legs', cpus: 2, memoryGb: 1, os: 'none' },
  versions: { skein: '1.0.0' },
  load: { least: 0.1, most: 0.2 },
  cells,
})

describe('figures', () => {
  it('takes the median and the spread, also of an even number', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, count: 3 })
    expect(spreadOf([4, 1, 2, 3])).toMatchObject({ median: 2.5 })
    expect(spreadOf([])).toBeUndefined()
    expect(spreadText({ median: 1234.5, least: 900, most: 2000, count: 3 })).toBe('1,235 (900–2,000)')
    const [low, high] = [spreadOf([1, 2]), spreadOf([3, 4])]
    expect(low && high && isOverlapping(low, high)).toBe(false)
  })

  it('accepts from a cell one flat object of numbers, and nothing else', () => {
    expect(parseSaid('loading\n{"km":1.5}\n')).toEqual({ sample: { km: 1.5 } })
    for (const wrong of ['', 'done', '[1]', '{"km":"far"}', '{"km":null}'])
      expect(parseSaid(wrong)).toEqual({ failure: expect.stringContaining('no ') })
  })

  it('runs a cell as a process, and says why it failed or that it took too long', async () => {
    const folder = join(dirname(fileURLToPath(import.meta.url)), 'bench')
    const run = (script: string, args = {}, timeoutMs = 50_000) => runCell({ folder, script, args, timeoutMs })
    expect(await run('cell.mjs', { km: 3 })).toEqual({ sample: { km: 3 } })
    expect(await run('cell.mjs')).toEqual({ failure: expect.stringContaining('which way?') })
    expect(await run('cell.mjs', { km: 3, hang: 1 }, 100)).toEqual({ failure: 'took longer than 0.1 s' })
  })
})

describe('rounds', () => {
  it('go over all cells, there and back, and leave out what has been done', () => {
    const cells = [cellOf('ours', []), { ...cellOf('slow', []), roundsDue: 1 }, cellOf('theirs', kms(1))]
    const order = interleave(cells).map(({ round, cell }) => `${round}${cells[cell]?.variant}`)
    expect(order).toEqual(['0ours', '0slow', '1theirs', '1ours', '2ours', '2theirs'])
  })

  it('are resumed only on the same machine, with the same versions and arguments', () => {
    const blank = reportOf(cellOf('ours', []), { ...cellOf('theirs', []), args: { n: 2 } })
    const earlier = reportOf(cellOf('ours', kms(4)), cellOf('theirs', kms(5)))
    expect(resumedReport(blank, earlier).cells.map(({ samples }) => samples.length)).toEqual([1, 0])
    const elsewhere = { ...earlier, machine: { ...earlier.machine, cpus: 1 } }
    expect(resumedReport(blank, elsewhere)).toBe(blank)
    const failed = reportOf(cellOf('ours', kms(4), ['fell']))
    expect(resumedReport(blank, failed).cells[0]?.samples).toEqual([])
  })
})

describe('pages', () => {
  it('say who is ahead of us, what failed, and which goals were not reached and why', () => {
    const page = pageOf(BENCH, reportOf(cellOf('ours', kms(4, 3, 2)), cellOf('theirs', kms(6), ['lost its way'])))
    expect(page).toContain('| ours | 3.00 (2.00–4.00) | 1.00 |'.replaceAll('.00', ''))
    expect(page).toContain('| theirs | 6 | 2 |')
    expect(page).toContain('theirs: 1 of 2 runs failed: lost its way')
    expect(page).toContain('km: ours 3; better: theirs 6.')
    expect(page).toContain('| a walk | ≥ 5 km | 3 km | **no**: it rained |')
  })

  it('have a row for a cell that failed every time', () => {
    expect(pageOf(BENCH, reportOf(cellOf('ours', kms(9)), cellOf('theirs', [], ['fell'])))).toContain(
      '| theirs | failed |',
    )
  })

  it('the scoreboard has every goal, measured or not', () => {
    const about = {
      benches: [BENCH],
      pages: new Map([
        ['walk', ''],
        ['crash', ''],
      ]),
      verdicts: { crash: { isReached: false, figure: '9 kills' } },
    }
    expect(scoreboardPage({ ...about, reports: new Map() })).toContain('| a walk | ≥ 5 km | not measured |')
    const reports = new Map([['walk', reportOf(cellOf('ours', kms(7)))]])
    expect(scoreboardPage({ ...about, reports })).toContain('| a walk | ≥ 5 km | 7 km | yes | [walk](walk.md) |')
    expect(scoreboardPage({ ...about, reports })).toContain('| 9 kills | **no** | [crash](crash.md) |')
    expect(scoreboardPage({ ...about, reports })).toContain('| not measured | – | planted |')
  })

  it('name what is ahead of any of our variants where the reference is not ours', () => {
    const lossesBeside = (reference: string) =>
      lossesOf(
        { ...BENCH, reference },
        reportOf(
          { ...cellOf('least', kms(9)), side: 'bare' },
          cellOf('ours', kms(7)),
          { ...cellOf('ours, safe', kms(5)), side: 'skein' },
          cellOf('theirs', kms(6)),
        ),
      )
    expect(lossesBeside('least')).toEqual([
      'km: ours 7; better: least 9.',
      'km: ours, safe 5; better: least 9, theirs 6.',
    ])
    expect(lossesBeside('ours')).toEqual(['km: ours 7; better: least 9.'])
  })

  it('are what the stored reports give', () => {
    const root = dirname(dirname(fileURLToPath(import.meta.url)))
    for (const [path, text] of pagesOf({ benches: BENCHES, folder: join(root, 'bench') }))
      expect(readFileSync(join(root, 'docs', 'reports', path), 'utf8'), `${path}: npm run bench -- pages`).toBe(text)
  })
})

describe('targets', () => {
  const crashOf = (counts: Partial<ReturnType<typeof noCounts>>, crashes: number, failures: readonly string[] = []) => {
    const scenario = { ...noCounts(), ...counts, facts: 1, hit: 1, seeds: 1, failures: [] }
    const machine = { node: '', sqlite: '', os: '', cpu: '', memory: '' }
    const simulated = { ...noSimulated(), crashes, failures: [...failures] }
    return crashVerdict({
      campaigns: [{ commit: 'one', machine, seconds: 1, lastOn: '', scenarios: { tools: scenario }, simulated }],
    })
  }

  it('crashes: clean, and often enough', () => {
    expect(crashOf({ kills: 10_000 }, 100_000)).toEqual({
      isReached: true,
      figure:
        '10,000 kills: 0 lost, 0 wrong, 0 repeated, 0 repeated in silence, 0 skipped, 0 unsound, 0 failed runs; ' +
        '100,000 simulated crash points: 0 failures',
    })
    expect(crashOf({}, 100_000)).toMatchObject({ isReached: false, figure: expect.stringContaining('0 kills') })
    expect(crashOf({ kills: 10_000 }, 99_999).isReached).toBe(false)
    for (const offence of ['lost', 'wrong', 'repeated', 'silent', 'skipped', 'unsound'])
      expect(crashOf({ kills: 10_000, [offence]: 3 }, 100_000).isReached, offence).toBe(false)
    expect(crashOf({ kills: 10_000 }, 100_000, ['seed 4']).isReached).toBe(false)
  })

  it('planted bugs: every one was tried as it is now, and none survived', () => {
    const bugs = ['a', 'b'].map((name) => ({ name, breaks: [], because: '', edits: [] }))
    const edits = digestOf({ name: '', breaks: [], because: '', edits: [] })
    const caught = { edits, caught: { stage: 'unit', test: '' } } as const
    type Result = { readonly edits: string; readonly caught?: (typeof caught)['caught'] }
    const judge = (b?: Result) =>
      plantedVerdict(bugs, new Map<string, Result>([['a', caught], ...(b === undefined ? [] : [['b', b] as const])]))
    expect(judge(caught)).toEqual({ isReached: true, figure: '2 of 2 caught' })
    expect(judge({ edits })).toEqual({ isReached: false, figure: '1 of 2 caught' })
    for (const untried of [undefined, { ...caught, edits: 'of before' }])
      expect(judge(untried)).toEqual({ isReached: false, figure: '1 of 2 caught, 1 not tried' })
  })

  it('blind spots: enough was tried, and no survivor is open', () => {
    const changes = [...Array<'near'>(498).fill('near'), 'killed', 'slower'] as const
    const judge = (fates: readonly Fate[]) => blindspotsVerdict(fates.map((fate) => ({ fate })))
    const figure = '500 changes: 498 noticed; of 2 survivors 1 killed since, 1 explained, 0 open'
    expect(judge(changes)).toEqual({ isReached: true, figure })
    expect(judge(changes.slice(1)).isReached).toBe(false)
    expect(judge([...changes, 'open'])).toMatchObject({ isReached: false, figure: expect.stringContaining('1 open') })
  })

  const measuredAs = (figures: Readonly<Record<string, number>>) => ({
    median: (variant: string) => figures[variant],
  })
  const judgedBy = (bench: Bench, what: string, figures: Readonly<Record<string, number>>) =>
    bench.goals?.find((goal) => goal.what.startsWith(what))?.judge(measuredAs(figures))

  it('are judged by the slowest of our variants', () => {
    const figures = { 'bare store, one row per effect': 10, 'skein, reads': 9, 'skein, keyed writes': 11 }
    const all = { ...figures, 'skein, plain writes': 14 }
    expect(judgedBy(engine, 'one sequential process', all)).toEqual({
      isReached: false,
      figure: '1.40x (skein, plain writes: 14.00 of 10.00 ms)',
    })
    expect(judgedBy(engine, 'event loop', all)).toMatchObject({ isReached: false })
    expect(judgedBy(engine, 'event loop', { ...figures, 'skein, plain writes': 8, 'skein, keyed writes': 10 })).toEqual(
      {
        isReached: true,
        figure: '10.0 ms (skein, keyed writes)',
      },
    )
  })

  it('are not measured when one of our variants is not', () => {
    const figures = { 'bare store, one row per effect': 10, 'skein, reads': 9 }
    for (const { what } of engine.goals ?? []) expect(judgedBy(engine, what, figures)).toBeUndefined()
    for (const { what } of waiting.goals ?? [])
      expect(judgedBy(waiting, what, { 'skein, for a message': 1 })).toBeUndefined()
    expect(
      judgedBy(waiting, 'waking', { 'skein, for a message': 1, 'skein, for a message or a timer': 2 }),
    ).toMatchObject({ isReached: true, figure: '2.0 ms' })
  })
})

describe('comparing two runs', () => {
  it('finds variants that changed their order, and whether the rounds had told them apart', () => {
    const first = reportOf(cellOf('ours', kms(5, 6)), cellOf('theirs', kms(7, 8)))
    const same = compare(BENCH, first, reportOf(cellOf('ours', kms(1)), cellOf('theirs', kms(9))))
    expect(same).toEqual({ pairs: 2, inversions: [], missing: [] })
    expect(isAgreeing([same])).toBe(true)
    const turned = compare(BENCH, first, reportOf(cellOf('ours', kms(9, 10)), cellOf('theirs', kms(7, 8))))
    expect(isAgreeing([turned])).toBe(false)
    expect(turned.inversions).toMatchObject([{ where: 'walk · km', isWithinSpread: false }])
    const close = compare(BENCH, first, reportOf(cellOf('ours', kms(7, 9)), cellOf('theirs', kms(7, 8))))
    expect(close.inversions).toMatchObject([{ isWithinSpread: true }])
  })
})

describe('two runs that cannot be compared', () => {
  it('do not agree: no pair, or a variant that is missing or failed in one of them', () => {
    const both = reportOf(cellOf('ours', kms(5)), cellOf('theirs', kms(7)))
    const alone = compare(BENCH, reportOf(cellOf('ours', kms(5))), reportOf(cellOf('ours', kms(5))))
    expect([alone.pairs, alone.missing, isAgreeing([alone])]).toEqual([0, [], false])
    expect(isAgreeing([])).toBe(false)
    expect(isAgreeing([alone, compare(BENCH, both, both)])).toBe(true)
    for (const other of [[], [cellOf('theirs', [], ['fell'])]]) {
      const part = reportOf(cellOf('ours', kms(5)), ...other)
      for (const comparison of [compare(BENCH, both, part), compare(BENCH, part, both)]) {
        expect(comparison.missing).toEqual(['theirs'])
        expect(isAgreeing([comparison, compare(BENCH, both, both)])).toBe(false)
      }
    }
    expect(() => compare(BENCH, both, { ...both, isQuick: true })).toThrow(BadArguments)
  })
})

describe('a commit', () => {
  it('has a + when something else than the reports was changed since', () => {
    const root = mkdtempSync(join(tmpdir(), 'skein-commit-'))
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: root, stdio: 'ignore' })
    try {
      mkdirSync(join(root, 'docs', 'reports'), { recursive: true })
      writeFileSync(join(root, 'a'), '1')
      git('init')
      git('add', '.')
      git('commit', '--message', 'one')
      writeFileSync(join(root, 'docs', 'reports', 'walk.md'), '')
      expect(commitOf(root)).toEqual([expect.stringMatching(/^\([0-9a-f]+\)$/)])
      writeFileSync(join(root, 'a'), '2')
      expect(commitOf(root)).toEqual([expect.stringMatching(/^\([0-9a-f]+\+\)$/)])
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
})

describe('deploys', () => {
  it('lose what was asked for and never done', () => {
    const entry = (what: LedgerEntry['what'], tool: string): LedgerEntry => ({
      ...{ at: 0, run: 'r', what, tool, key: tool, attempt: 1 },
      ...{ input: { who: 'desk-0', n: 0 }, inert: false },
    })
    const all = ['mail', 'pay', 'book', 'fetch'].flatMap((tool) => [entry('begun', tool), entry('done', tool)])
    expect(judge([['desk-0', 1]], all)).toEqual({ lost: [], repeated: [] })
    const dropped = all.map((one) => (one.tool === 'pay' && one.what === 'done' ? entry('dropped', 'pay') : one))
    expect(judge([['desk-0', 1]], dropped).lost).toEqual(['pay desk-0 0'])
    expect(judge([['desk-0', 1]], [...all, entry('begun', 'mail')]).repeated).toEqual(['mail desk-0 0: 2 times'])
  })

  it('are broken by a desk that ends without its number', () => {
    expect(jobsOf('desk-0', { result: { type: 'ok', value: payloadOf(7) } })).toBe(7)
    expect(() => jobsOf('desk-0', { result: { type: 'cancelled' } })).toThrow('desk-0')
    expect(() => jobsOf('desk-0', {})).toThrow('desk-0')
  })
})

describe('what is profiled', () => {
  it('is a cell of ours that a bench lists', () => {
    expect(profileAsked(['steps', 'ai', '--heap', '--runs', '5'], BENCHES)).toEqual({
      bench: 'steps',
      variant: 'ai',
      script: 'cells/steps/ai.ts',
      isHeap: true,
      args: ['--runs', '5'],
    })
    expect(profileAsked(['engine', '--effects', '5'], BENCHES)).toMatchObject({
      variant: 'skein',
      args: ['--effects', '5'],
    })
    expect(profileAsked(['commits'], BENCHES)).toMatchObject({ variant: 'count', args: [] })
    expect(() => profileAsked(['swim'], BENCHES)).toThrow('there is no bench swim')
    expect(() => profileAsked(['steps', 'measure'], BENCHES)).toThrow(
      'steps has no variant measure: it has bare-journal',
    )
    expect(() => profileAsked([], BENCHES)).toThrow('which bench?')
  })
})

describe('the command line', () => {
  it('takes a bench and its options', () => {
    expect(askedFor(['walk', '--peers', '--rounds', '5'], [BENCH])).toMatchObject({ benches: [BENCH], rounds: 5 })
    expect(askedFor(['all', '--quick'], [BENCH])).toMatchObject({ benches: [BENCH], isQuick: true })
    expect(askedFor(['compare', 'a', 'b'], [BENCH])).toEqual({ do: 'compare', files: ['a', 'b'] })
  })

  it.each([
    [[]],
    [['swim']],
    [['walk', 'swim']],
    [['walk', '--rounds', '0']],
    [['walk', '--rounds', 'many']],
    [['walk', '--peer']],
    [['compare', 'a']],
    [['walk', '--only', 'ours', '--report']],
  ])('refuses %j', (argv) => {
    expect(() => askedFor(argv, [BENCH])).toThrow(BadArguments)
  })

  it('says itself what is wrong with an option', () => {
    const said = (argv: readonly string[], message: RegExp) =>
      expect(() => askedFor(['walk', ...argv], [BENCH])).toThrow(message)
    said(['--nope'], /^there is no option --nope$/)
    said(['--rounds'], /^--rounds needs a value$/)
    said(['--rounds', '--json'], /^--rounds needs a value$/)
    said(['--json=1'], /^--json takes no value$/)
  })
})
