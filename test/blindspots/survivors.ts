/**
 * What survived random workflows and the tests that reach it meets the compiler, and then all tests, many changes at once.
 * Started by `main.ts`.
 *
 * 1. Only what fails with one change alone, and is green on the untouched code after it, notices it.
 * 2. A group is over when all tests are green with all that is left of it.
 * 3. The clock is looked at before each file of tests; the same group goes on there, because what the others said is kept.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { EXIT_GO_ON } from '../planted/limits.ts'
import { EXIT_TIME_UP, JUDGE_CPU_MS_MAX, JUDGED_TOGETHER, TYPED_TOGETHER } from './limits.ts'
import { toldOf } from './judged.ts'
import type { Judged } from './judged.ts'
import { addTrial, readTrials } from './records.ts'
import type { Stage, Trial } from './records.ts'
import { JUDGES } from './related.ts'
import { beginRun } from './run.ts'
import { cpuClock } from './cpu-clock.ts'
import { failureOf, Stand } from './stand.ts'

/** Said of changes whose tests do not end together: they are judged again in groups of half the size. */
const hungIn = (size: number): string => `does not end in a group of ${size}`
const halfOf = (by = ''): number | undefined => {
  const size = /^does not end in a group of (\d+)$/.exec(by)?.[1]
  return size === undefined ? undefined : Math.ceil(Number(size) / 2)
}

const { folder, scratch, frozen, changes, trials, isTimeUp } = await beginRun()
const testFiles = (await listFolder(frozen.base)).files.filter((path) => path.endsWith('.test.ts'))
const stand = await Stand.open(folder, frozen, 0)

/** Changes that have survived one of these stages and met no later one. */
function survivorsOf(...stages: readonly Stage[]): readonly Proposal[] {
  const known = readTrials(trials)
  return changes.filter(({ id }) => {
    const trial = known.get(id)
    return trial !== undefined && stages.includes(trial.stage) && trial.verdict === 'survived'
  })
}

async function say(change: Proposal, end: Pick<Trial, 'stage' | 'verdict' | 'by' | 'cpuMs'>): Promise<void> {
  addTrial(trials, { ...(await stand.aboutOf(change)), ...end })
  console.log(`${change.file}:${change.line} ${end.stage}: ${end.verdict} ${end.by}`)
}

/** One of each file at a time, so that no two are made to the same text. */
function groupsOf(of: readonly Proposal[], together: number): readonly (readonly Proposal[])[] {
  const groups: Proposal[][] = []
  for (const change of of) {
    const fits = groups.find((group) => group.length < together && group.every(({ file }) => file !== change.file))
    if (fits === undefined) groups.push([change])
    else fits.push(change)
  }
  return groups
}

type TypeError = { readonly file: string; readonly line: number; readonly says: string }

/** What the compiler says with some changes. */
function typeErrors(group: readonly Proposal[]): Promise<readonly TypeError[]> {
  return stand.with(
    group,
    () =>
      new Promise((resolve) =>
        execFile('tsc', ['-p', 'tsconfig.json', '--pretty', 'false'], { cwd: stand.folder }, (_, output) =>
          resolve(
            [...output.matchAll(/^(\S+?)\((\d+),\d+\): error (.*)$/gm)].map(([, file = '', line, says = '']) => ({
              file,
              line: Number(line),
              says,
            })),
          ),
        ),
      ),
  )
}

const LINES_NEAR = 3

/** The compiler's verdict on some changes; an error far from a change is its own only if it is there alone. */
async function typed(group: readonly Proposal[]): Promise<void> {
  const used = cpuClock()
  const errors = await typeErrors(group)
  const cpuMs = Math.round(used() / group.length)
  const [own, others]: [[Proposal, string][], Proposal[]] = [[], []]
  for (const change of group) {
    const isOwn = ({ file, line }: TypeError): boolean =>
      group.length === 1 || (file === change.file && Math.abs(line - change.line) <= LINES_NEAR)
    const error = errors.find(isOwn)
    if (error === undefined) others.push(change)
    else own.push([change, `${error.file}:${error.line} ${error.says}`])
  }
  for (const [change, by] of own) await say(change, { stage: 'types', verdict: 'noticed', by, cpuMs })
  if (errors.length === 0)
    for (const change of others) await say(change, { stage: 'types', verdict: 'survived', by: '', cpuMs })
  else if (others.length > 0) {
    const half = own.length > 0 ? others.length : Math.ceil(others.length / 2)
    for (const part of [others.slice(0, half), others.slice(half)]) if (part.length > 0) await typed(part)
  }
}

type Judge = keyof typeof JUDGES
const BEFORE = { unit: 'types', simulation: 'unit' } as const

const told = toldOf(join(scratch, 'judged.jsonl'))

/** Which tests are asked; what was red with all is asked once more for blame. */
type Asked = { readonly paths: readonly string[]; readonly round: Judged['round'] }

/** Runs tests with some changes, file by file; what fails. What a file has said of a group it is not asked again. */
async function failing(judge: Judge, group: readonly Proposal[], { paths, round }: Asked): Promise<readonly string[]> {
  const names: string[] = []
  for (const file of testFiles.filter((path) => paths.some((from) => path.startsWith(from)))) {
    const ids = group.map(({ id }) => id)
    let failed = told.of({ file, ids, round })
    if (failed === undefined) {
      if (await isTimeUp()) process.exit(EXIT_TIME_UP)
      failed = await failingIn(judge, group, file)
      told.add({ file, ids, round, failed })
    }
    names.push(...failed)
  }
  return names
}

async function failingIn(judge: Judge, group: readonly Proposal[], file: string): Promise<readonly string[]> {
  const used = cpuClock()
  const abouts = await Promise.all(group.map((change) => stand.aboutOf(change)))
  const onHang = (): void => {
    if (abouts.length === 0) throw new Error(`untouched, and yet it does not end: ${file}`)
    const end =
      group.length === 1
        ? ({ verdict: 'hangs', stage: judge, by: 'does not end' } as const)
        : ({ verdict: 'survived', stage: BEFORE[judge], by: hungIn(group.length) } as const)
    for (const about of abouts) addTrial(trials, { ...about, ...end, cpuMs: Math.round(used() / group.length) })
    process.exit(EXIT_GO_ON)
  }
  const run = await stand.run(group, [file], { cpuMsMax: JUDGE_CPU_MS_MAX, onHang })
  const failed = failureOf(run)
  const names = [...new Set([...(failed === undefined ? [] : [failed]), ...run.failures])]
  const seconds = (used() / 1_000).toFixed(1).padStart(6)
  console.log(`${seconds} s  ${judge}: ${group.length} together, ${file} ${names.join(' | ')}`)
  return names
}

const fileOf = (name: string): string => /^\S+?\.ts/.exec(name)?.[0] ?? name

type Blamed = {
  /** Whether the tests are red again with the whole group. */
  readonly isRed: boolean
  readonly noticed: readonly { readonly change: Proposal; readonly by: string }[]
}

/** Which changes of a group make tests red, each of them alone, that are green on the untouched code. */
async function blamed(judge: Judge, group: readonly Proposal[], files: readonly string[]): Promise<Blamed> {
  const [by] = await failing(judge, group, { paths: files, round: 'blame' })
  if (by === undefined) return { isRed: false, noticed: [] }
  const [change, ...others] = group
  if (change === undefined) return { isRed: true, noticed: [] }
  if (others.length === 0) {
    const { isRed } = await blamed(judge, [], files)
    return { isRed: true, noticed: isRed ? [] : [{ change, by }] }
  }
  const noticed: Blamed['noticed'][number][] = []
  for (const half of halvesOf(group)) noticed.push(...(await blamed(judge, half, files)).noticed)
  return { isRed: true, noticed }
}

function halvesOf<T>(group: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(group.length / 2)
  return [group.slice(0, middle), group.slice(middle)]
}

/** The verdict of all tests of a judge. */
async function judged(judge: Judge, group: readonly Proposal[]): Promise<void> {
  const used = cpuClock()
  const files = [...new Set((await failing(judge, group, { paths: JUDGES[judge], round: 'all' })).map(fileOf))]
  const { isRed, noticed } = files.length === 0 ? GREEN : await blamed(judge, group, files)
  const cpuMs = Math.round(used() / group.length)
  for (const { change, by } of noticed) await say(change, { stage: judge, verdict: 'noticed', by, cpuMs })
  const left = group.filter((one) => noticed.every(({ change }) => change !== one))
  if (left.length === 0) return
  // What fails no more fails at random; what fails with one alone, and is not its fault, says nothing.
  if (!isRed || (left.length === 1 && noticed.length === 0))
    for (const change of left) await say(change, { stage: judge, verdict: 'survived', by: '', cpuMs })
  else for (const part of noticed.length > 0 ? [left] : halvesOf(left)) await judged(judge, part)
}

const GREEN: Blamed = { isRed: false, noticed: [] }

// A change that no switch can turn on has met the tests near its file only.
for (const group of groupsOf(survivorsOf('near', 'reached'), TYPED_TOGETHER)) {
  if (await isTimeUp()) process.exit(EXIT_TIME_UP)
  await typed(group)
}
for (const judge of ['unit', 'simulation'] as const) {
  const known = readTrials(trials)
  const sizeOf = ({ id }: Proposal): number => halfOf(known.get(id)?.by) ?? JUDGED_TOGETHER
  const left = survivorsOf(BEFORE[judge])
  console.log(`${left.length} to meet all of ${judge}`)
  const bySize = [...Map.groupBy(left, sizeOf)].flatMap(([size, some]) => groupsOf(some, size))
  for (const group of bySize) {
    if (await isTimeUp()) process.exit(EXIT_TIME_UP)
    await judged(judge, group)
  }
}
process.exit(0)
