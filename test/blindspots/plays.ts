/**
 * All changes that a function body holds meet random workflows, and then the tests near their file, in one program with switches.
 * Started by `main.ts`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { CONTROL_EVERY, EXIT_TIME_UP } from './limits.ts'
import { addTrial } from './records.ts'
import type { Trial } from './records.ts'
import { nearTestsOf } from './related.ts'
import { beginRun } from './run.ts'
import { cpuClock } from './stand.ts'
import { switched } from './switched.ts'
import type { Numbered } from './switched.ts'
import { SwitchedPlayer } from './switched-player.ts'

/** What the simulation has its own of. */
const NOT_SIMULATED = /^src\/engine\/embedded\/(control|folder|store)\//

const { frozen, changes, known, trials, isOwn, isTimeUp } = await beginRun()
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
const isOnlyPlayed = ({ verdict, stage }: Trial): boolean => verdict === 'survived' && stage === 'seeds'
const queue = numbered.filter(({ change, n }) => {
  const trial = known.get(change.id)
  return taken.has(n) && isOwn(change) && (trial === undefined || isOnlyPlayed(trial))
})
console.log(`${changes.length} changes, ${taken.size} with a switch, ${queue.length} to play`)
const player = new SwitchedPlayer(frozen.base, texts)
const testFiles = (await listFolder(frozen.base)).files.filter((file) => file.endsWith('.test.ts'))
/** The files of tests near a file, nearest first. */
const nearOf = (file: string): readonly string[] => [
  ...new Set(nearTestsOf(file).flatMap((path) => testFiles.filter((test) => test.startsWith(path)))),
]

type End = Pick<Trial, 'stage' | 'verdict' | 'by'>

/** What notices a change, or the last stage that it has survived. */
async function endOf({ change: { file }, n }: Numbered): Promise<End> {
  const stages = [
    ...(NOT_SIMULATED.test(file) ? [] : [{ stage: 'seeds', asked: { n } } as const]),
    { stage: 'near', asked: { n, files: nearOf(file) } } as const,
  ]
  for (const { stage, asked } of stages) {
    const ended = await player.play(asked)
    if (ended.kind === 'hangs') return { stage, verdict: 'hangs', by: 'does not end' }
    if (ended.kind !== 'green') return { stage, verdict: 'noticed', by: 'test' in ended ? ended.test : ended.why }
  }
  return { stage: 'near', verdict: 'survived', by: '' }
}

/** What fails with no change on; then what was noticed before is not worth anything. */
async function redUntouched(files: readonly string[]): Promise<string | undefined> {
  for (const asked of [{ n: 0 }, { n: 0, files }]) {
    const ended = await player.play(asked)
    if (ended.kind !== 'green') return 'test' in ended ? ended.test : ended.kind
  }
  return undefined
}

/** Verdicts count once the untouched program is green after them. */
let untold: Trial[] = []
async function tellAll(): Promise<void> {
  const files = [...new Set(untold.flatMap(({ file }) => nearOf(file)))]
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

for (const numberedChange of queue) {
  if (await isTimeUp()) {
    await tellAll()
    process.exit(EXIT_TIME_UP)
  }
  const { change } = numberedChange
  const used = cpuClock()
  const end = await endOf(numberedChange)
  const { id, file, line, operator } = change
  const about = { ...shownChange(sourceOf(file), change), id, file, line, operator, commit: frozen.commit }
  untold.push({ ...about, ...end, cpuMs: used() })
  console.log(`${used()} ms ${file}:${line} ${end.stage} ${end.verdict} ${end.by}`)
  if (untold.length >= CONTROL_EVERY) await tellAll()
}
await tellAll()
await player.forget()
process.exit(0)
