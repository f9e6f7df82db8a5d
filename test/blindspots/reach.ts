/**
 * Runs every test that survivors could meet once, in the program with switches and with none on, and writes down which changes it
 * reaches. Started by `main.ts`.
 */
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { EXIT_TIME_UP, NEAR_CPU_MS_MAX } from './limits.ts'
import { addReach, readReach } from './reach-table.ts'
import type { FileReach, ReachingTest } from './reach-table.ts'
import { JUDGES } from './related.ts'
import { beginRun } from './run.ts'
import { SwitchedPlayer } from './switched-player.ts'
import { switchedProgram } from './switched-program.ts'

const { scratch, frozen, changes, isOwnShare, isTimeUp } = await beginRun()
const player = new SwitchedPlayer(frozen.base, switchedProgram(frozen.base, changes))

/** What the tests of a file reach. */
async function reachOf(file: string): Promise<FileReach> {
  const { answer: listed } = await player.ask({ list: file }, NEAR_CPU_MS_MAX)
  if (listed.kind !== 'listed')
    return { file, tests: [], struck: [{ name: file, why: 'why' in listed ? listed.why : listed.kind }] }
  const tests: ReachingTest[] = []
  const struck: { name: string; why: string }[] = []
  for (const [at, name] of listed.names.entries()) {
    const { answer, rests } = await player.ask({ reach: { file, at } }, NEAR_CPU_MS_MAX)
    if (answer.kind === 'reaches' && rests) tests.push({ file, at, name, cpuMs: answer.cpuMs, reaches: answer.reaches })
    else struck.push({ name, why: answer.kind === 'red' ? answer.test : rests ? answer.kind : 'is still at work' })
  }
  return { file, tests, struck }
}

const known = new Set(readReach(scratch).map(({ file }) => file))
const { files } = await listFolder(frozen.base)
const judging = [...JUDGES.unit, ...JUDGES.simulation]
for (const file of files.filter((path) => path.endsWith('.test.ts') && judging.some((from) => path.startsWith(from)))) {
  if (known.has(file) || !isOwnShare(file)) continue
  if (await isTimeUp()) process.exit(EXIT_TIME_UP)
  const reach = await reachOf(file)
  addReach(scratch, reach)
  const cpuMs = reach.tests.reduce((sum, test) => sum + test.cpuMs, 0)
  console.log(`${cpuMs} ms ${file}: ${reach.tests.length} tests, ${reach.struck.length} struck off`)
  for (const { name, why } of reach.struck) console.log(`  ${name}: ${why}`)
}
await player.forget()
process.exit(0)
