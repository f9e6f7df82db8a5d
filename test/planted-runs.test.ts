/** What runs over planted bugs and blind spots conclude: verdicts, choices, what is kept, and what it was judged on. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeOf, freezeCurrent, recordsOf } from './blindspots/frozen.ts'
import { addRecord, explained, keepProposed, readRecords } from './blindspots/records.ts'
import type { Explained, Record } from './blindspots/records.ts'
import { COLD_MS, HANG_FACTOR } from './planted/limits.ts'
import { JudgedCode } from './planted/judged-code.ts'
import { chosen, named, optionsOf } from './planted/options.ts'
import { plantedPage } from './planted/page.ts'
import { isOver, kept } from './planted/plan.ts'
import type { Plan } from './planted/plan.ts'
import type { PlantedBug } from './planted/planted-bug.ts'
import { digestOf } from './planted/results.ts'
import type { PlantedResult } from './planted/results.ts'
import { wholeStage } from './planted/stages.ts'
import { verdictOf } from './planted/verdict.ts'
import type { Ended } from './planted/verdict.ts'

const bugOf = (name: string, file = 'src/kernel/gate/gate.ts'): PlantedBug => ({
  name,
  breaks: ['G1'],
  because: 'why not',
  edits: [{ file, text: name, instead: '' }],
})
const judged = { commit: 'abc', code: '123' }
const caughtOf = (bug: PlantedBug): PlantedResult => ({
  name: bug.name,
  edits: digestOf(bug),
  caught: { stage: 'unit', test: 'a.test.ts > a' },
  judged,
  ms: 1,
})

describe('a verdict', () => {
  const waited = { limitMs: COLD_MS, untouchedMs: 1 }
  const again = (ended: Ended) => () => Promise.resolve(ended)
  const never = () => Promise.reject(new Error('nothing is to be run again'))

  it('is a catch when the test that has failed is green on the untouched code, and an error when it is not', async () => {
    const red: Ended = { kind: 'red', test: 'a' }
    expect(await verdictOf(red, waited, again({ kind: 'green' }))).toEqual({ kind: 'caught', test: 'a' })
    expect(await verdictOf(red, waited, again(red))).toMatchObject({ kind: 'unclear' })
    expect(await verdictOf(red, waited, again({ kind: 'broken', why: 'no test has run' }))).toMatchObject({
      kind: 'unclear',
    })
    expect(await verdictOf({ kind: 'green' }, waited, never)).toEqual({ kind: 'missed' })
  })

  it('a hang is a catch only where the untouched tests end much sooner', async () => {
    const hangs: Ended = { kind: 'hangs' }
    expect(await verdictOf(hangs, waited, never)).toEqual({ kind: 'caught', test: 'hangs' })
    const slow = { limitMs: COLD_MS, untouchedMs: COLD_MS / HANG_FACTOR + 1 }
    expect(await verdictOf(hangs, slow, never)).toMatchObject({ kind: 'unclear' })
  })

  it('what cannot be loaded, or meets a limit of the machine, is an error', async () => {
    expect(await verdictOf({ kind: 'broken', why: 'no export' }, waited, never)).toEqual({
      kind: 'unclear',
      why: 'no export',
    })
  })
})

describe('the command line', () => {
  it('is checked', () => {
    expect(optionsOf([])).toEqual({ names: [], which: 'open' })
    expect(optionsOf(['--help', 'x'])).toMatchObject({ instead: 'help' })
    expect(optionsOf(['--stage', 'campaign', 'a', 'b'])).toEqual({
      names: ['a', 'b'],
      which: 'open',
      stage: 'campaign',
    })
    expect(() => optionsOf(['--stage', 'campain'])).toThrow('no stage campain')
    expect(() => optionsOf(['--resume'])).toThrow('--resume')
    expect(() => optionsOf(['--all', '--stale'])).toThrow('one of them')
  })

  const [ack, mail, timer] = [bugOf('acknowledged before COMMIT'), bugOf('mailbox'), bugOf('timer')] as const
  const bugs = [ack, mail, timer]

  it('a name is one of a bug, or a part of some; an unknown one lists what is near', () => {
    expect(named([...bugs, bugOf('timer lost')], ['timer'])).toEqual([timer])
    expect(named(bugs, ['ma', 'ack'])).toEqual([ack, mail])
    expect(() => named(bugs, ['acknowleged'])).toThrow(
      'no planted bug acknowleged; near it:\n  acknowledged before COMMIT',
    )
  })

  it('tries what is open, what is named, what is older, or all', () => {
    const results = new Map([ack, mail].map((bug) => [bug.name, caughtOf(bug)]))
    const known = { results, isOlder: ({ name }: PlantedResult) => name === mail.name }
    const of = (...argv: string[]) => chosen(bugs, optionsOf(argv), known)
    expect(of()).toEqual([timer])
    expect(of('mail')).toEqual([mail])
    expect(of('--stale')).toEqual([mail, timer])
    expect(of('--stale', 'mail', 'ack')).toEqual([mail])
    expect(of('--all')).toEqual(bugs)
    expect(of('--stage', 'seeds')).toEqual(bugs)
  })
})

describe('what is kept', () => {
  const bug = bugOf('a')
  const plan: Plan = { names: ['a'], stages: ['unit', 'rules'], isAlone: false, commit: 'abc' }
  const missed: PlantedResult = { name: 'a', edits: digestOf(bug), missed: ['unit', 'rules'], judged, ms: 2 }

  it('a run is over when it has caught a bug, when there is no verdict, or when all its stages have missed it', () => {
    expect(isOver(plan, missed)).toBe(true)
    expect(isOver(plan, { ...missed, missed: ['unit'] })).toBe(false)
    expect(isOver(plan, { ...missed, missed: [], unclear: 'it is not a program' })).toBe(true)
    expect(isOver(plan, caughtOf(bug))).toBe(true)
  })

  it('a stage by itself is kept beside what caught the bug first, as long as it is the same bug', () => {
    const alone: Plan = { ...plan, stages: ['seeds'], isAlone: true }
    const first = kept(alone, { ...missed, missed: ['seeds'] }, caughtOf(bug))
    expect(first).toEqual({ ...caughtOf(bug), alone: { seeds: { ms: 2, judged } } })
    expect(kept(plan, missed, first)).toEqual({ ...missed, alone: { seeds: { ms: 2, judged } } })
    expect(kept(plan, missed, { ...first, edits: 'other' })).toEqual(missed)
    const { judged: _, ...unclear } = { ...missed, unclear: 'why' }
    expect(kept(alone, unclear, first)).toEqual(first)
  })

  it('the page says what was judged on older code, and on which', () => {
    const old = bugOf('old')
    const results = new Map([bug, old].map((one) => [one.name, caughtOf(one)]))
    const page = plantedPage([bug, old], { node: 'v24', commit: 'def', older: ['old'], results })
    expect(page).toContain('The code of this page: def. **1 were judged on it**')
    expect(page).toContain('1 on older code (1 on abc)')
    expect(page).toContain('| older code abc |')
  })

  it('all tests that some bugs meet are run on the untouched code', () => {
    const two = wholeStage([bug, bugOf('b', 'src/engine/embedded/post.ts')], 'unit')
    expect(two.tests).toEqual(expect.arrayContaining(['src/kernel/gate/', 'src/engine/embedded/post.test.ts']))
    expect(new Set(two.tests).size).toBe(two.tests.length)
  })
})

describe('what a verdict was judged on', () => {
  it('changes with the sources and with the test that caught it, and with nothing else', () => {
    const root = mkdtempSync(join(tmpdir(), 'skein-judged-'))
    const files = ['src/kernel/a.ts', 'src/kernel/a.test.ts', 'src/kernel/b.test.ts', 'docs/a.ts']
    for (const folder of ['src/kernel', 'docs']) mkdirSync(join(root, folder), { recursive: true })
    for (const file of files) writeFileSync(join(root, file), 'before')
    const now = (): JudgedCode => new JudgedCode(root, files, 'abc')
    const result = { ...caughtOf(bugOf('a')), caught: { stage: 'unit', test: 'src/kernel/a.test.ts > x' } } as const
    const known = { ...result, judged: now().judgedBy(result.caught.test) }
    const olderAfter = (file: string): boolean => {
      writeFileSync(join(root, file), 'after')
      const isOlder = now().isOlder(known)
      writeFileSync(join(root, file), 'before')
      return isOlder
    }
    expect(files.filter(olderAfter)).toEqual(['src/kernel/a.ts', 'src/kernel/a.test.ts'])
    const { judged: _, ...unknown } = known
    expect(now().isOlder(unknown)).toBe(true)
    rmSync(root, { recursive: true })
  })
})

describe('blind spots', () => {
  const record = (id: string, verdict: Record['verdict']): Record => ({
    id,
    file: 'src/kernel/a.ts',
    line: 1,
    operator: 'swap',
    was: 'a',
    is: 'b',
    verdict,
    by: 'a test',
    ms: 1,
  })

  it('are killed only when a trial says that a test notices them; what is said of survivors stays with them', () => {
    const because = 'looked at'
    const said = (id: string, verdict: Explained['verdict']): Explained => ({
      ...record(id, 'survived'),
      verdict,
      because,
    })
    const before = [said('a', 'killed'), said('b', 'killed'), said('c', 'equivalent'), said('d', 'open')]
    const now = [record('a', 'noticed'), record('b', 'survived'), record('c', 'survived'), record('d', 'noticed')]
    const verdicts = explained([...now, record('e', 'survived')], before).map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['killed', 'survived', 'equivalent', 'noticed', 'survived'])
  })

  it('are of the code as it is: another copy, and no old verdicts, when src or tests have changed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'skein-frozen-'))
    const [folder, scratch] = [join(root, 'folder'), join(root, 'scratch')]
    mkdirSync(join(folder, 'src'), { recursive: true })
    const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
    write('src/a.ts', 'before')
    const first = await freezeCurrent(folder, scratch)
    for (const id of ['a', 'b']) addRecord(recordsOf(scratch), record(id, 'noticed'))
    keepProposed(recordsOf(scratch), new Set(['a']))
    write('README.md', 'no code')
    expect(await freezeCurrent(folder, scratch)).toEqual(first)
    expect([...readRecords(recordsOf(scratch)).keys()]).toEqual(['a'])
    write('src/a.ts', 'after')
    expect((await freezeCurrent(folder, scratch)).fingerprint).not.toBe(first.fingerprint)
    expect(existsSync(join(codeOf(scratch), 'base', 'src', 'a.ts'))).toBe(true)
    expect(existsSync(recordsOf(scratch))).toBe(false)
    rmSync(root, { recursive: true })
  })
})
