/** All changes that a function body holds meet random workflows, in one program with switches. Started by `main.ts`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { CONTROL_EVERY, EXIT_TIME_UP } from './limits.ts'
import { addTrial } from './records.ts'
import type { Trial } from './records.ts'
import { beginRun } from './run.ts'
import { cpuClock } from './cpu-clock.ts'
import type { Numbered } from './switched.ts'
import { SwitchedPlayer } from './switched-player.ts'
import { switchedProgram } from './switched-program.ts'

/** What the simulation has its own of. */
const NOT_SIMULATED = /^src\/engine\/embedded\/(control|folder|store)\//

const { frozen, changes, known, trials, isOwn, isTimeUp } = await beginRun()
const program = switchedProgram(frozen.base, changes)
const player = new SwitchedPlayer(frozen.base, program)
console.log(`${changes.length} changes, ${program.taken.length} with a switch`)

/** What random workflows say of a change. */
async function endOf({ change: { file }, n }: Numbered): Promise<Pick<Trial, 'verdict' | 'by'>> {
  if (NOT_SIMULATED.test(file)) return { verdict: 'survived', by: '' }
  const { answer } = await player.ask({ n })
  if (answer.kind === 'red') return { verdict: 'noticed', by: answer.test }
  return answer.kind === 'hangs' ? { verdict: 'hangs', by: 'does not end' } : { verdict: 'survived', by: '' }
}

/** What fails with no change on; then what was noticed before is not worth anything. */
async function redUntouched(): Promise<string | undefined> {
  const { answer } = await player.ask({ n: 0 })
  return answer.kind === 'green' ? undefined : 'test' in answer ? answer.test : answer.kind
}

/** Verdicts count once the untouched program is green after them. */
let untold: Trial[] = []
async function tellAll(): Promise<void> {
  if (untold.length === 0) return
  const red = await redUntouched()
  if (red === undefined) for (const trial of untold) addTrial(trials, trial)
  else {
    console.log(`${untold.length} verdicts are dropped; a change has left something behind: ${red}`)
    await player.forget()
    const still = await redUntouched()
    if (still !== undefined) throw new Error(`untouched, and yet it fails: ${still}`)
  }
  untold = []
}

for (const one of program.taken.filter(({ change }) => isOwn(change) && !known.has(change.id))) {
  if (await isTimeUp()) {
    await tellAll()
    process.exit(EXIT_TIME_UP)
  }
  const { id, file, line, operator } = one.change
  const used = cpuClock()
  const end = await endOf(one)
  const shown = shownChange(readFileSync(join(frozen.base, file), 'utf8'), one.change)
  untold.push({ ...shown, ...end, id, file, line, operator, commit: frozen.commit, stage: 'seeds', cpuMs: used() })
  console.log(`${used()} ms ${file}:${line} ${end.verdict} ${end.by}`)
  if (untold.length >= CONTROL_EVERY) await tellAll()
}
await tellAll()
await player.forget()
process.exit(0)
