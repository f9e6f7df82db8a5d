/** What runs over planted bugs and blind spots conclude: verdicts, choices, what is kept, and what it was judged on. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freezeOnce, trialsOf } from './blindspots/frozen.ts'
import { blindspotsPage } from './blindspots/page.ts'
import { addTrial, readTrials } from './blindspots/records.ts'
import type { Trial } from './blindspots/records.ts'
import { isSame, readData, readExplanations } from './blindspots/kept.ts'
import type { BlindspotsData, Kept } from './blindspots/kept.ts'
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
  const trial = (id: string, verdict: Trial['verdict'], stage: Trial['stage']): Trial => ({
    id,
    file: 'src/kernel/a.ts',
    line: 1,
    operator: 'equality',
    was: `${id} === b`,
    is: `${id} !== b`,
    verdict,
    stage,
    by: verdict === 'survived' ? '' : 'a test',
    cpuMs: 1,
    commit: 'abc',
  })
  const data = (changes: readonly Kept[]): BlindspotsData => ({
    format: 1,
    node: 'v24',
    commit: 'abc',
    sample: changes.length,
    changes,
  })

  it('the last word on a change counts, and what it cost is the sum', () => {
    const root = mkdtempSync(join(tmpdir(), 'skein-trials-'))
    const file = trialsOf(root)
    expect(readTrials(file)).toEqual(new Map())
    for (const stage of ['seeds', 'types'] as const) addTrial(file, trial('a', 'survived', stage))
    addTrial(file, trial('b', 'noticed', 'near'))
    const [a, b] = [...readTrials(file).values()]
    expect(a).toEqual({ ...trial('a', 'survived', 'types'), cpuMs: 2 })
    expect(b).toEqual(trial('b', 'noticed', 'near'))
    rmSync(root, { recursive: true })
  })

  it('a survivor is killed, explained or open; one that has not met all stages is left', () => {
    const survivors = ['killed', 'same', 'open'].map((id) => trial(id, 'survived', 'simulation'))
    const killed = { by: 'a new test', commit: 'def' }
    const changes = [{ ...(survivors[0] as Trial), killed }, ...survivors.slice(1), trial('red', 'noticed', 'near')]
    const { file, was, is } = survivors[1] as Trial
    const page = blindspotsPage(data([...changes, trial('early', 'survived', 'seeds')]), [
      { file, was, is, kind: 'equivalent', because: 'it is' },
    ])
    expect(page).toContain(
      '5 changes: 1 were noticed, 1 have not met all tests yet, 3 survived: 1 of these are explained, ' +
        '1 are noticed by the tests as they are now, 1 are open.',
    )
    expect(page).toContain('| `` same === b `` | `` same !== b `` | equivalent | it is |')
    expect(page).not.toContain('early')
  })

  it('are of one code: a run goes on with its copy, whatever becomes of the folder, until it begins anew', async () => {
    const root = mkdtempSync(join(tmpdir(), 'skein-frozen-'))
    const [folder, scratch] = [join(root, 'folder'), join(root, 'scratch')]
    mkdirSync(join(folder, 'src'), { recursive: true })
    const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' })
    const write = (text: string): void => writeFileSync(join(folder, 'src', 'a.ts'), text)
    git('init')
    write('before')
    git('add', '.')
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-m', 'a')
    const first = await freezeOnce(folder, scratch, false)
    addTrial(trialsOf(scratch), trial('a', 'noticed', 'near'))
    write('after')
    expect(await freezeOnce(folder, scratch, false)).toEqual(first)
    expect(readTrials(trialsOf(scratch)).size).toBe(1)
    const anew = await freezeOnce(folder, scratch, true)
    expect(anew.fingerprint).not.toBe(first.fingerprint)
    expect(anew.commit).toBe(`${first.commit}+`)
    expect(readTrials(trialsOf(scratch)).size).toBe(0)
    rmSync(root, { recursive: true })
  })

  it('each explanation is of a change that has survived', () => {
    const kept = readData()?.changes ?? []
    const stray = readExplanations().filter(
      (explanation) => !kept.some((change) => isSame(change, explanation) && change.verdict === 'survived'),
    )
    expect(stray).toEqual([])
  })
})
