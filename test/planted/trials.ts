/** Plants bugs in a scratch copy, one after the other, and runs the stages until one catches each. Started by `main.ts`. */
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { runTests } from '../../examples/01-blindspots/run/tests.ts'
import { baseOf, freeze } from '../../examples/01-blindspots/scratch/base.ts'
import { removeScratch, takeSlot } from '../../examples/01-blindspots/scratch/slots.ts'
import type { Slot } from '../../examples/01-blindspots/scratch/slots.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { PLANTED_BUGS } from './bugs/index.ts'
import { CAMPAIGN_S, COLD_MS, EXIT_GO_ON, HANGS_MS, PLAYERS } from './limits.ts'
import { Player } from './player.ts'
import { planted } from './planted-bug.ts'
import type { PlantedBug } from './planted-bug.ts'
import { digestOf, readResults, writeResults } from './results.ts'
import type { PlantedResult } from './results.ts'
import { STAGE_NAMES, stageOf } from './stages.ts'
import type { Stage } from './stages.ts'
import { WarmTests } from './warm-tests.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
const RESULTS = join(REPOSITORY, 'docs', 'reports', 'data', 'planted.json')
const [only = ''] = process.argv.slice(2)

process.env['CI'] = '1'
process.env['SKEIN_CHAOS_S'] = String(CAMPAIGN_S)
const scratch = join(tmpdir(), `skein-planted-${userInfo().uid}`)
await removeScratch(scratch)
const frozen = await freeze(REPOSITORY, await listFolder(REPOSITORY), scratch)
const base = baseOf(scratch)
const slot = await takeSlot({ folder: REPOSITORY, scratch, fingerprint: frozen.fingerprint })
const tests = await WarmTests.open(slot.folder)
const results = new Map(readResults(RESULTS))
const read = (file: string): string => readFileSync(join(base, file), 'utf8')

function keep(result: PlantedResult): void {
  results.set(result.name, result)
  mkdirSync(dirname(RESULTS), { recursive: true })
  writeResults(RESULTS, results, PLANTED_BUGS)
  const { name, caught, missed, ms } = result
  const how = caught === undefined ? `missed by ${missed?.join(', ')}` : `${caught.stage}: ${caught.test}`
  console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${name}  ${how}`)
}

/** What is known of a bug, as far as it has the same text. */
function knownOf(bug: PlantedBug): PlantedResult | undefined {
  const known = results.get(bug.name)
  return known?.edits === digestOf(bug) ? known : undefined
}

/** Keeps what a stage came to. */
function conclude(
  bug: PlantedBug,
  stage: Stage['name'],
  about: { readonly test: string | undefined; readonly began: number },
): void {
  const known = knownOf(bug)
  const ms = Math.round(performance.now() - about.began) + (known?.missed === undefined ? 0 : known.ms)
  const result = { name: bug.name, edits: digestOf(bug), ms }
  if (about.test === undefined) keep({ ...result, missed: [...(known?.missed ?? []), stage] })
  else keep({ ...result, caught: { stage, test: about.test } })
}

/** All that are open meet random workflows, in a few threads at once. */
async function playAll(queue: PlantedBug[]): Promise<void> {
  const lane = async (): Promise<void> => {
    const player = new Player(base)
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      const began = performance.now()
      conclude(bug, 'seeds', { test: await player.play(planted(bug, read)), began })
    }
    await player[Symbol.asyncDispose]()
  }
  await Promise.all(Array.from({ length: PLAYERS }, lane))
}

/** One stage for one bug. */
async function trial(bug: PlantedBug, stage: Stage, copy: Slot): Promise<void> {
  const changed = planted(bug, read)
  const began = performance.now()
  // Whoever never ends cannot be stopped from outside its thread.
  const hung = setTimeout(() => {
    conclude(bug, stage.name, { test: 'the tests do not end', began })
    process.exit(EXIT_GO_ON)
  }, HANGS_MS)
  for (const [file, text] of changed) await copy.change(file, text)
  const test = await failureIn(stage, copy, [...changed.keys()])
  clearTimeout(hung)
  for (const file of changed.keys()) await copy.change(file, read(file))
  conclude(bug, stage.name, { test, began })
}

/** The test that fails, if one does. */
async function failureIn(stage: Stage, copy: Slot, changed: readonly string[]): Promise<string | undefined> {
  if (stage.runs === 'warm') return (await tests.run(stage.tests, changed, stage.rules)).failed
  const argv = ['vitest', 'run', '--project', 'e2e', '--bail', '1', ...stage.tests]
  const { verdict, tail } = await runTests(copy, { argv, testMs: COLD_MS, network: true }, undefined)
  if (verdict === 'green') return undefined
  return /FAIL\s+(.*)/.exec(tail)?.[1]?.trim() ?? stage.tests.join(' ')
}

/** Not caught yet, and not through this stage. */
const openAt = (stage: Stage['name']): PlantedBug[] =>
  PLANTED_BUGS.filter((bug) => bug.name.includes(only)).filter((bug) => {
    const known = knownOf(bug)
    return known === undefined || (known.caught === undefined && known.missed?.includes(stage) !== true)
  })

console.log(`${PLANTED_BUGS.length} planted bugs`)
// Stage by stage: what is cheap to catch is not kept waiting by what is not.
for (const stage of STAGE_NAMES) {
  if (stage === 'seeds') await playAll(openAt(stage))
  else for (const bug of openAt(stage)) await trial(bug, stageOf(bug, stage), slot)
}
process.exit(0)
