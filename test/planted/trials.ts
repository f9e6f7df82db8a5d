/**
 * Plants bugs in a scratch copy, one after the other, and runs the stages until one catches each. Started by `main.ts`.
 *
 * 1. A stage has been green on the untouched code before a bug meets it, and so is the test that catches one, afterwards.
 * 2. What cannot be loaded, or meets a limit of the machine, is an error, neither a catch nor a miss.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { runTests } from '../../examples/01-blindspots/run/tests.ts'
import { baseOf, freeze } from '../../examples/01-blindspots/scratch/base.ts'
import { takeSlot } from '../../examples/01-blindspots/scratch/slots.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { PLANTED_BUGS } from './bugs/index.ts'
import { JudgedCode } from './judged-code.ts'
import { CAMPAIGN_S, COLD_MS, EXIT_GO_ON, HANGS_MS, PLAYERS, PLAY_CPU_MS_MAX } from './limits.ts'
import { isOver, kept, readPlan, readProgress, writeProgress } from './plan.ts'
import { Player } from './player.ts'
import { planted } from './planted-bug.ts'
import type { PlantedBug } from './planted-bug.ts'
import { digestOf, readKept, writeKept } from './results.ts'
import type { PlantedResult } from './results.ts'
import { stageOf, wholeStage } from './stages.ts'
import type { Stage } from './stages.ts'
import { verdictOf } from './verdict.ts'
import type { Ended, Verdict } from './verdict.ts'
import { WarmTests } from './warm-tests.ts'
import type { WarmRun } from './warm-tests.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
/** What tests of a cold stage report, in the slot. */
const COLD_REPORT = 'cold-report.json'
const DATA = join(REPOSITORY, 'docs', 'reports', 'data', 'planted.json')
const { scratch = '' } = parseArgs({ options: { scratch: { type: 'string' } } }).values

process.env['CI'] = '1'
const plan = readPlan(scratch)
const { results: begun, untouchedMs: known } = readProgress(scratch)
const results = new Map(begun.map((result) => [result.name, result]))
const untouchedMs = { ...known }
const code = join(scratch, 'code')
const frozen = await freeze(REPOSITORY, await listFolder(REPOSITORY), code)
const base = baseOf(code)
const judgedCode = new JudgedCode(base, (await listFolder(base)).files, plan.commit)
const slot = await takeSlot({ folder: REPOSITORY, scratch: code, fingerprint: frozen.fingerprint })
const tests = await WarmTests.open(slot.folder)
const read = (file: string): string => readFileSync(join(base, file), 'utf8')
const bugs = PLANTED_BUGS.filter(({ name }) => plan.names.includes(name))

const saveProgress = (): void => writeProgress(scratch, { results: [...results.values()], untouchedMs })

/** Keeps what a stage came to; what the last run said is there until this one has said its last word. */
function conclude(
  bug: PlantedBug,
  stage: Stage['name'],
  about: { readonly verdict: Verdict; readonly began: number },
): void {
  const before = results.get(bug.name)
  const ms = Math.round(performance.now() - about.began) + (before?.ms ?? 0)
  const result = resultOf(bug, stage, { verdict: about.verdict, ms })
  results.set(bug.name, result)
  saveProgress()
  const { caught, unclear, missed } = result
  const how = caught === undefined ? (unclear ?? `missed by ${missed?.join(', ')}`) : `${caught.stage}: ${caught.test}`
  console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${bug.name}  ${how}`)
  if (!isOver(plan, result)) return
  const data = readKept(DATA)
  const kepts = new Map([...data.results, [bug.name, kept(plan, result, data.results.get(bug.name))]])
  writeKept(DATA, { ...data, results: kepts }, PLANTED_BUGS)
}

function resultOf(
  bug: PlantedBug,
  stage: Stage['name'],
  { verdict, ms }: { readonly verdict: Verdict; readonly ms: number },
): PlantedResult {
  const result = { name: bug.name, edits: digestOf(bug), ms }
  const missed = results.get(bug.name)?.missed ?? []
  switch (verdict.kind) {
    case 'caught':
      return { ...result, caught: { stage, test: verdict.test }, judged: judgedCode.judgedBy(verdict.test) }
    case 'missed':
      return { ...result, missed: [...missed, stage], judged: judgedCode.judgedBy(undefined) }
    case 'unclear':
      return { ...result, missed, unclear: `${stage}: ${verdict.why}` }
  }
}

/** Those that this stage has not met. */
const openAt = (stage: Stage['name']): PlantedBug[] =>
  bugs.filter((bug) => {
    const result = results.get(bug.name)
    return result === undefined || (!isOver(plan, result) && result.missed?.includes(stage) !== true)
  })

/** A bug that cannot be loaded is an error of whoever planted it. */
async function loadAll(stage: Stage['name']): Promise<void> {
  await using player = new Player(base, [])
  for (const bug of openAt(stage).filter(({ name }) => !results.has(name))) {
    const began = performance.now()
    const ended = await player.play(planted(bug, read))
    if (ended.kind !== 'green') conclude(bug, stage, { verdict: { kind: 'unclear', why: whyOf(ended) }, began })
  }
}

const whyOf = (ended: Ended): string => ('why' in ended ? ended.why : 'test' in ended ? ended.test : ended.kind)

/** Tests that are red on the untouched code prove nothing: the run ends. */
async function demandGreen(stage: Stage): Promise<void> {
  if (untouchedMs[stage.name] !== undefined) return
  const began = performance.now()
  const ended = stage.runs === 'played' ? await playUntouched() : await failureIn(stage, [])
  const ms = Math.round(performance.now() - began)
  console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  untouched: ${stage.name} ${ended.kind}`)
  if (ended.kind !== 'green') throw new Error(`untouched, and yet ${stage.name} is ${ended.kind}: ${whyOf(ended)}`)
  untouchedMs[stage.name] = ms
  saveProgress()
}

async function playUntouched(): Promise<Ended> {
  await using player = new Player(base)
  return player.play(new Map())
}

/** All that are open meet random workflows, in a few threads at once. */
async function playAll(queue: PlantedBug[]): Promise<void> {
  const waited = { limitMs: PLAY_CPU_MS_MAX, untouchedMs: untouchedMs.seeds ?? 0 }
  const lane = async (): Promise<void> => {
    await using player = new Player(base)
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      const began = performance.now()
      const ended = await player.play(planted(bug, read))
      conclude(bug, 'seeds', { verdict: await verdictOf(ended, waited, () => player.play(new Map())), began })
    }
  }
  await Promise.all(Array.from({ length: Math.min(PLAYERS, queue.length) }, lane))
}

/** One stage for one bug. */
async function trial(bug: PlantedBug, stage: Stage): Promise<void> {
  const changed = planted(bug, read)
  const began = performance.now()
  const waited = { limitMs: stage.runs === 'cold' ? COLD_MS : HANGS_MS, untouchedMs: untouchedMs[stage.name] ?? 0 }
  const again = (test: string): Promise<Ended> => failureAgain(stage, test)
  for (const [file, text] of changed) await slot.change(file, text)
  const ended = await failureIn(stage, [...changed.keys()], async () => {
    conclude(bug, stage.name, { verdict: await verdictOf({ kind: 'hangs' }, waited, again), began })
    process.exit(EXIT_GO_ON)
  })
  for (const file of changed.keys()) await slot.change(file, read(file))
  conclude(bug, stage.name, { verdict: await verdictOf(ended, waited, again), began })
}

/** How a stage ends on the code as it is in the copy. Warm tests that never end cannot be stopped from outside their thread. */
async function failureIn(stage: Stage, changed: readonly string[], onHang?: () => Promise<void>): Promise<Ended> {
  if (stage.runs === 'cold') return coldEnd(stage.tests)
  const hung = setTimeout(() => {
    if (onHang === undefined) throw new Error(`untouched, and yet ${stage.name} does not end in ${HANGS_MS} ms`)
    void onHang()
  }, HANGS_MS)
  const run = await tests.run(stage.tests, changed, stage.rules)
  clearTimeout(hung)
  return warmEnd(run)
}

/** The test that has failed, once more, on the untouched code. */
async function failureAgain(stage: Stage, test: string): Promise<Ended> {
  const [file = ''] = test.split(' > ')
  if (!file.endsWith('.ts')) return failureIn(stage, [])
  return stage.runs === 'cold' ? coldEnd([file]) : warmEnd(await tests.runOne(test))
}

function warmEnd({ failed, unloaded, tests: ran }: WarmRun): Ended {
  if (failed !== undefined) return { kind: 'red', test: failed }
  if (unloaded !== undefined) return { kind: 'broken', why: `cannot be loaded: ${unloaded}` }
  return ran > 0 ? { kind: 'green' } : { kind: 'broken', why: 'no test has run' }
}

async function coldEnd(paths: readonly string[]): Promise<Ended> {
  const argv = [
    'env',
    'NO_COLOR=1',
    `SKEIN_CHAOS_S=${CAMPAIGN_S}`,
    'vitest',
    'run',
    '--project',
    'e2e',
    '--bail',
    '1',
    '--reporter=json',
    `--outputFile=${COLD_REPORT}`,
    ...paths,
  ]
  rmSync(join(slot.folder, COLD_REPORT), { force: true })
  const { verdict, ended, tail } = await runTests(slot, { argv, testMs: COLD_MS, network: true }, undefined)
  if (verdict === 'green') return { kind: 'green' }
  if (verdict === 'time') return { kind: 'hangs' }
  const test = verdict === 'red' ? failedIn(join(slot.folder, COLD_REPORT)) : undefined
  if (test !== undefined) return { kind: 'red', test }
  return { kind: 'broken', why: `${ended}: ${tail.split('\n').at(-1) ?? ''}` }
}

type ColdReport = {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** The first failing test of a report; what a failing campaign prints may be longer than what is kept of it. */
function failedIn(report: string): string | undefined {
  if (!existsSync(report)) return undefined
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as ColdReport
  for (const { name, assertionResults } of testResults)
    for (const { status, fullName } of assertionResults)
      if (status === 'failed') return `${relative(slot.folder, name)} > ${fullName}`
  return undefined
}

console.log(`${bugs.length} of ${PLANTED_BUGS.length} planted bugs`)
const [first] = plan.stages
if (first !== undefined) await loadAll(first)
// Stage by stage: what is cheap to catch is not kept waiting by what is not.
for (const name of plan.stages) {
  const open = openAt(name)
  if (open.length === 0) continue
  await demandGreen(wholeStage(open, name))
  if (name === 'seeds') await playAll(open)
  else for (const bug of open) await trial(bug, stageOf(bug, name))
}
process.exit(0)
