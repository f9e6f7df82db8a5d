/**
 * What random workflows have not noticed meets tests one by one, in one program with switches: those near its file, then others that
 * reach it, quickest first. Started by `main.ts`.
 *
 * Invariants:
 * 1. A test has noticed a change only if it is green with no change on right after, in the same thread; or else in a thread that was made
 *    for it, after it was red with the change in another.
 * 2. A test that is red with no change on in a thread of its own says nothing, and is asked no more.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { EXIT_TIME_UP, REACHED_CPU_MS_MAX, REACHED_PATIENCE, REACHED_PATIENCE_MS } from './limits.ts'
import type { TestPlace } from './play-switched.ts'
import { readReach } from './reach-table.ts'
import type { ReachingTest } from './reach-table.ts'
import { addTrial, readTrials } from './records.ts'
import type { Trial } from './records.ts'
import { nearTestsOf } from './related.ts'
import { beginRun } from './run.ts'
import { cpuClock } from './cpu-clock.ts'
import type { Numbered } from './switched.ts'
import { SwitchedPlayer } from './switched-player.ts'
import type { Said } from './switched-player.ts'
import { switchedProgram } from './switched-program.ts'

const { scratch, frozen, changes, trials, isOwn, isTimeUp } = await beginRun()
const program = switchedProgram(frozen.base, changes)
const player = new SwitchedPlayer(frozen.base, program)
const quickestFirst = readReach(scratch)
  .flatMap(({ tests }) => tests)
  .toSorted((a, b) => a.cpuMs - b.cpuMs)
const wrong = new Set<ReachingTest>()

/** As many of them, from the first on, as may be asked about one change. */
function affordable(tests: readonly ReachingTest[]): readonly ReachingTest[] {
  let cpuMs = 0
  return tests.filter((test) => (cpuMs += test.cpuMs) <= REACHED_CPU_MS_MAX)
}

type Pass = 'near' | 'reached'

/** The tests that a change meets, of all that reach it. */
function testsOf({ change: { file }, n }: Numbered, pass: Pass): readonly ReachingTest[] {
  const reaching = quickestFirst.filter(({ reaches }) => reaches.includes(n))
  const near = nearTestsOf(file)
  const rankOf = (test: TestPlace): number => near.findIndex((path) => test.file.startsWith(path))
  const besides = affordable(reaching.filter((test) => rankOf(test) !== -1).toSorted((a, b) => rankOf(a) - rankOf(b)))
  return pass === 'near' ? besides : affordable(reaching.filter((test) => !besides.includes(test)))
}

const answerTo = async (n: number, tests: readonly ReachingTest[]): Promise<Said['answer']> => {
  const cpuMs = tests.reduce((sum, test) => sum + test.cpuMs, 0)
  const places = tests.map(({ file, at }) => ({ file, at }))
  return (await player.ask({ n, tests: places }, cpuMs * REACHED_PATIENCE + REACHED_PATIENCE_MS)).answer
}

const isGreen = async (n: number, tests: readonly ReachingTest[], anew: boolean): Promise<boolean> => {
  if (anew) await player.forget()
  return (await answerTo(n, tests)).kind === 'green'
}

/** Whether tests that were not green with a change on are so because of it. */
async function isBecauseOf(n: number, tests: readonly ReachingTest[]): Promise<boolean> {
  if (await isGreen(0, tests, false)) return true
  if (await isGreen(n, tests, true)) return false
  if (await isGreen(0, tests, true)) return true
  for (const test of tests) wrong.add(test)
  return false
}

/** What tests say of a change. */
async function endOf(n: number, tests: readonly ReachingTest[]): Promise<Pick<Trial, 'verdict' | 'by'>> {
  const asked = tests.filter((test) => !wrong.has(test))
  if (asked.length === 0) return { verdict: 'survived', by: '' }
  const answer = await answerTo(n, asked)
  if (answer.kind === 'green') return { verdict: 'survived', by: '' }
  const place = 'place' in answer ? answer.place : undefined
  const at = asked.findIndex((test) => test.file === place?.file && test.at === place.at)
  const blamed = at === -1 ? asked : asked.slice(at, at + 1)
  const by = answer.kind === 'red' ? answer.test : 'does not end'
  if (await isBecauseOf(n, blamed)) return { verdict: answer.kind === 'hangs' ? 'hangs' : 'noticed', by }
  return endOf(n, at === -1 ? [] : asked.slice(at + 1))
}

async function meet(one: Numbered, pass: Pass): Promise<void> {
  const { id, file, line, operator } = one.change
  const trial = readTrials(trials).get(id)
  if (trial?.verdict !== 'survived' || trial.stage !== (pass === 'near' ? 'seeds' : 'near')) return
  if (await isTimeUp()) process.exit(EXIT_TIME_UP)
  const used = cpuClock()
  const tests = testsOf(one, pass)
  const end = await endOf(one.n, tests)
  const shown = shownChange(readFileSync(join(frozen.base, file), 'utf8'), one.change)
  addTrial(trials, {
    ...shown,
    ...end,
    id,
    file,
    line,
    operator,
    commit: frozen.commit,
    stage: pass,
    cpuMs: used(),
  })
  console.log(`${used()} ms ${file}:${line} ${pass}: ${tests.length} tests, ${end.verdict} ${end.by}`)
}

for (const one of program.taken.filter(({ change }) => isOwn(change)))
  for (const pass of ['near', 'reached'] as const) await meet(one, pass)
await player.forget()
process.exit(0)
