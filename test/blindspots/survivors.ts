/**
 * What survived random workflows and the tests near its file meets the compiler, and then all tests, many changes at once.
 * Started by `main.ts`.
 *
 * 1. Only what fails with one change alone notices it.
 * 2. A group is over when all tests are green with all that is left of it.
 */
import { execFile } from 'node:child_process'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { EXIT_GO_ON } from '../planted/limits.ts'
import { EXIT_TIME_UP, JUDGE_CPU_MS_MAX, JUDGED_TOGETHER, TYPED_TOGETHER } from './limits.ts'
import { addTrial, readTrials } from './records.ts'
import type { Stage, Trial } from './records.ts'
import { JUDGES } from './related.ts'
import { beginRun } from './run.ts'
import { cpuClock, failureOf, Stand } from './stand.ts'

/** Said of changes whose tests do not end together: each is judged alone. */
const ALONE = 'does not end together with others'

const { folder, frozen, changes, trials, isTimeUp } = await beginRun()
const stand = await Stand.open(folder, frozen, 0)

/** Changes that have survived a stage and met no later one. */
function survivorsOf(stage: Stage): readonly Proposal[] {
  const known = readTrials(trials)
  return changes.filter(({ id }) => {
    const trial = known.get(id)
    return trial?.stage === stage && trial.verdict === 'survived'
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

/** Runs tests with some changes; what fails, by the file that it is in. */
async function failingFiles(
  judge: Judge,
  group: readonly Proposal[],
  paths: readonly string[],
): Promise<readonly string[]> {
  const used = cpuClock()
  const abouts = await Promise.all(group.map((change) => stand.aboutOf(change)))
  const onHang = (): void => {
    const end =
      group.length === 1
        ? ({ verdict: 'hangs', stage: judge, by: 'does not end' } as const)
        : ({ verdict: 'survived', stage: BEFORE[judge], by: ALONE } as const)
    for (const about of abouts) addTrial(trials, { ...about, ...end, cpuMs: Math.round(used() / group.length) })
    process.exit(EXIT_GO_ON)
  }
  const run = await stand.run(group, paths, { cpuMsMax: JUDGE_CPU_MS_MAX, onHang })
  const failed = failureOf(run)
  const names = [...(failed === undefined ? [] : [failed]), ...run.failures]
  console.log(
    `${(used() / 1_000).toFixed(1).padStart(6)} s  ${judge}: ${group.length} together, ${names.length} failures`,
  )
  return [...new Set(names.map((name) => name.split(' > ')[0] ?? name))]
}

/** The verdict of all tests of a judge. */
async function judged(judge: Judge, group: readonly Proposal[]): Promise<void> {
  const used = cpuClock()
  const failing = await failingFiles(judge, group, JUDGES[judge])
  const cpuMs = Math.round(used() / group.length)
  if (failing.length === 0) {
    for (const change of group) await say(change, { stage: judge, verdict: 'survived', by: '', cpuMs })
    return
  }
  const files = failing.filter((path) => path.endsWith('.ts'))
  const left: Proposal[] = []
  for (const change of group) {
    const alone = cpuClock()
    const [by] =
      group.length === 1 ? failing : await failingFiles(judge, [change], files.length > 0 ? files : JUDGES[judge])
    if (by === undefined) left.push(change)
    else await say(change, { stage: judge, verdict: 'noticed', by, cpuMs: cpuMs + alone() })
  }
  // Where none is to blame alone, each meets everything alone.
  if (left.length === group.length) for (const change of left) await judged(judge, [change])
  else if (left.length > 0) await judged(judge, left)
}

for (const group of groupsOf(survivorsOf('near'), TYPED_TOGETHER)) {
  if (await isTimeUp()) process.exit(EXIT_TIME_UP)
  await typed(group)
}
for (const judge of ['unit', 'simulation'] as const) {
  const known = readTrials(trials)
  const isAlone = ({ id }: Proposal): boolean => known.get(id)?.by === ALONE
  const left = survivorsOf(BEFORE[judge])
  console.log(`${left.length} to meet all of ${judge}`)
  const together = groupsOf(
    left.filter((change) => !isAlone(change)),
    JUDGED_TOGETHER,
  )
  for (const group of [...together, ...groupsOf(left.filter(isAlone), 1)]) {
    if (await isTimeUp()) process.exit(EXIT_TIME_UP)
    await judged(judge, group)
  }
}
process.exit(0)
