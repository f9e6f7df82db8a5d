/**
 * All changes that a function body holds meet random workflows, and then the tests near their file, in one program with switches.
 * Started by `main.ts`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { CONTROL_EVERY, EXIT_TIME_UP } from './limits.ts'
import { addTrial, readTrials } from './records.ts'
import type { Trial } from './records.ts'
import { nearTestsOf } from './related.ts'
import { beginRun } from './run.ts'
import { cpuClock } from './stand.ts'
import { switched } from './switched.ts'
import type { Numbered } from './switched.ts'
import { SwitchedPlayer } from './switched-player.ts'

/** What the simulation has its own of. */
const NOT_SIMULATED = /^src\/engine\/embedded\/(control|folder|store)\//

const { frozen, changes, trials, isOwn, isTimeUp } = await beginRun()
const sourceOf = (file: string): string => readFileSync(join(frozen.base, file), 'utf8')
const numbered = changes.map((change, at): Numbered => ({ change, n: at + 1 }))
const texts = new Map<string, string>()
const taken = new Set<number>()
for (const file of new Set(numbered.map(({ change }) => change.file))) {
  const made = switched(
    file,
    sourceOf(file),
    numbered.filter(({ change }) => change.file === file),
  )
  texts.set(file, made.text)
  for (const n of made.taken) taken.add(n)
}
const own = numbered.filter(({ change, n }) => taken.has(n) && isOwn(change))
console.log(`${changes.length} changes, ${taken.size} with a switch`)
const player = new SwitchedPlayer(frozen.base, texts)
const testFiles = (await listFolder(frozen.base)).files.filter((file) => file.endsWith('.test.ts'))
/** The files of tests near a file, nearest first. */
const nearOf = (file: string): readonly string[] => [
  ...new Set(nearTestsOf(file).flatMap((path) => testFiles.filter((test) => test.startsWith(path)))),
]

type Pass = 'seeds' | 'near'

/** What a pass says of a change. */
async function endOf({ change: { file }, n }: Numbered, pass: Pass): Promise<Pick<Trial, 'verdict' | 'by'>> {
  if (pass === 'seeds' && NOT_SIMULATED.test(file)) return { verdict: 'survived', by: '' }
  const ended = await player.play(pass === 'seeds' ? { n } : { n, files: nearOf(file) })
  switch (ended.kind) {
    case 'green':
      return { verdict: 'survived', by: '' }
    case 'hangs':
      return { verdict: 'hangs', by: 'does not end' }
    case 'red':
      return { verdict: 'noticed', by: ended.test }
    case 'broken':
      return { verdict: 'noticed', by: ended.why }
  }
}

/** Whether a change is still to meet a pass: all meet random workflows first, which notice most of them at once. */
function isDue({ change }: Numbered, pass: Pass): boolean {
  const trial = readTrials(trials).get(change.id)
  if (trial === undefined) return pass === 'seeds'
  return pass === 'near' && trial.verdict === 'survived' && trial.stage === 'seeds'
}

/** What fails with no change on; then what was noticed before is not worth anything. */
async function redUntouched(files: readonly string[]): Promise<string | undefined> {
  const ended = await player.play(files.length === 0 ? { n: 0 } : { n: 0, files })
  return ended.kind === 'green' ? undefined : 'test' in ended ? ended.test : ended.kind
}

/** Verdicts count once the untouched program is green after them. */
let untold: Trial[] = []
async function tellAll(pass: Pass): Promise<void> {
  if (untold.length === 0) return
  const files = pass === 'seeds' ? [] : [...new Set(untold.flatMap(({ file }) => nearOf(file)))]
  const red = await redUntouched(files)
  if (red === undefined) for (const trial of untold) addTrial(trials, trial)
  else {
    console.log(`${untold.length} verdicts are dropped; a change has left something behind: ${red}`)
    await player.forget()
    const still = await redUntouched(files)
    if (still !== undefined) throw new Error(`untouched, and yet it fails: ${still}`)
  }
  untold = []
}

async function playAll(some: readonly Numbered[], pass: Pass): Promise<void> {
  for (const one of some.filter((numberedOne) => isDue(numberedOne, pass))) {
    if (await isTimeUp()) {
      await tellAll(pass)
      process.exit(EXIT_TIME_UP)
    }
    const { id, file, line, operator } = one.change
    const used = cpuClock()
    const end = await endOf(one, pass)
    const about = { ...shownChange(sourceOf(file), one.change), id, file, line, operator, commit: frozen.commit }
    untold.push({ ...about, ...end, stage: pass, cpuMs: used() })
    console.log(`${used()} ms ${file}:${line} ${pass} ${end.verdict} ${end.by}`)
    if (untold.length >= CONTROL_EVERY) await tellAll(pass)
  }
  await tellAll(pass)
}

await playAll(own, 'seeds')
// By file, those of one share their tests, which the untouched program must pass after each twenty; the kernel first, whose tests
// need no disk and no other process.
const byFile = own.toSorted((a, b) => (a.change.file < b.change.file ? 1 : a.change.file > b.change.file ? -1 : 0))
await playAll(byFile, 'near')
await player.forget()
process.exit(0)
