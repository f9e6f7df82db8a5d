/**
 * `npm run blindspots`: small changes to the kernel and the embedded engine, as `npm start` proposes them, which are too many
 * for a budget of seconds: each against random workflows and the tests near its file, survivors against the compiler and all
 * tests. Stop it whenever you like; the same command goes on. `--report` writes the page from the verdicts so far.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EXIT_GO_ON } from '../planted/limits.ts'
import { freezeOnce, trialsOf } from './frozen.ts'
import { EXIT_TIME_UP } from './limits.ts'
import { readTrials } from './records.ts'
import { keepAgain, keepRun, readData, readExplanations, REPORTS } from './kept.ts'
import { blindspotsPage } from './page.ts'
import { sampleOf } from './sample.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
const USAGE = `usage: npm run blindspots -- [options]

Makes small changes to kernel and engine in a scratch copy, one at a time, and runs the tests that should notice them. Stop it
whenever you like; the same command goes on with the same copy, whatever has become of the code meanwhile.

  --seconds N       stop after so long; the same command goes on
  --lanes N         trials at the same time; default 2
  --pause FILE      nothing is begun while this file exists, for machines that are shared
  --again           survivors that nobody has explained meet the tests as they are now; with --new, today's code
  --new             begin anew, with the code as it is now
  --scratch FOLDER  where the copy and the verdicts lie
  --report          write the page from the verdicts so far
  --help            this text`

function optionsOrExit() {
  try {
    const { values } = parseArgs({
      options: {
        scratch: { type: 'string', default: join(tmpdir(), `skein-blindspots-kernel-${userInfo().uid}`) },
        seconds: { type: 'string', default: 'Infinity' },
        lanes: { type: 'string', default: '2' },
        pause: { type: 'string' },
        again: { type: 'boolean', default: false },
        new: { type: 'boolean', default: false },
        report: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    for (const name of ['seconds', 'lanes'] as const)
      if (!(Number(values[name]) > 0)) throw new Error(`--${name} ${values[name]} is not a number above 0`)
    if (!values.help) return values
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const options = optionsOrExit()
const scratch = resolve(options.scratch, options.again ? 'again' : '')
const until = performance.now() + Number(options.seconds) * 1_000

async function run(program: string, more: readonly string[] = []): Promise<number> {
  for (;;) {
    const { again, pause } = options
    const seconds = String((until - performance.now()) / 1_000)
    const argv = ['--scratch', scratch, '--seconds', seconds, ...(again ? ['--again'] : []), ...more]
    if (pause !== undefined) argv.push('--pause', pause)
    const path = join(import.meta.dirname, program)
    const node = ['--conditions=skein-source', '--no-warnings', path, ...argv]
    // Tests in a bare thread may leave files behind where they are.
    const child = spawn(process.execPath, node, { stdio: 'inherit', cwd: scratch })
    const [status] = (await once(child, 'exit')) as [number | null]
    if (status !== EXIT_GO_ON) return status ?? 1
  }
}

/** The first exit code that is not 0. */
async function runLanes(program: string): Promise<number> {
  const lanes = Array.from({ length: Number(options.lanes) }, (_, lane) =>
    run(program, ['--lane', String(lane), '--lanes', options.lanes]),
  )
  return (await Promise.all(lanes)).find((code) => code !== 0) ?? 0
}

/** What a change meets, in turn, and whether lanes share it. */
const PROGRAMS = [
  ['plays.ts', true],
  ['reach.ts', true],
  ['meets.ts', true],
  ['trials.ts', false],
  ['survivors.ts', false],
] as const

let exit = 0
if (!options.report) {
  await freezeOnce(REPOSITORY, scratch, options.new)
  for (const [program, isShared] of PROGRAMS) exit ||= await (isShared ? runLanes(program) : run(program))
  if (exit === EXIT_TIME_UP) console.log('The time is up; the same command goes on.')
}
if (exit === 0) {
  const trials = [...readTrials(trialsOf(scratch)).values()]
  if (options.again) keepAgain(trials)
  else if (trials.length > 0) {
    const { base } = await freezeOnce(REPOSITORY, scratch, false)
    keepRun((await sampleOf(base)).length, trials)
  }
  const data = readData()
  if (data !== undefined) writeFileSync(join(REPORTS, 'blindspots.md'), blindspotsPage(data, readExplanations()))
}
process.exit(exit === EXIT_TIME_UP ? 0 : exit)
