/** One seed: a program, a world, a disk, crashes; then every law. */
import { nodeHash } from '../../../src/engine/index.ts'
import { createRegistry } from '../../../src/kernel/index.ts'
import type { AnyDefinition, CodeRegistry } from '../../../src/kernel/index.ts'
import {
  AILING_DISK,
  CALM,
  compareWithWorld,
  conservationOffences,
  ENDED,
  journalOffences,
  endOffences,
  messageOffences,
  prefixOffences,
  simRandom,
  simulate,
  SOUND_DISK,
  STORMY,
} from '../../../src/testing/index.ts'
import type { CommitMoment, Deed, Journal, SimRandom, Simulation } from '../../../src/testing/index.ts'
import { generate } from './grammar.ts'
import type { Body } from './grammar.ts'
import { generateRich } from './rich-grammar.ts'
import { HASTY, PATIENT, programTools, programWorkflow } from './interpreter.ts'
import { attend, chatter, deploy } from './operator.ts'

/** Beyond these the power stays on: a run must be able to end. */
const CRASHES_MAX = 40
/** Prefixes of each journal that are replayed. */
const PREFIXES = 2
/** From this seed on programs are of the richer language. */
export const RICH_SEEDS = 1_000_000_000
/** A run that has not ended by then never will. */
const TIME_MS_MAX = 2 * 3600 * 1000

/** What came of a seed. */
export type Played = {
  readonly commits: number
  readonly crashes: number
  readonly facts: number
  readonly writes: number
  readonly repeatedShown: number
  /** Empty when every law held. */
  readonly offences: readonly string[]
  readonly trace: readonly string[]
  readonly body: Body
}

/** Where the power goes: a single commit, or by the seed's own habit. */
export type Power = { readonly moment: CommitMoment; readonly n: number } | 'by seed' | 'stays'

/** More to happen, and more to hold. */
export type More = {
  /** Comes to its end by itself. */
  readonly happens?: (sim: Simulation) => Promise<unknown>
  readonly holds?: (journal: Journal, code: CodeRegistry) => Promise<readonly string[]>
}

/** Plays a seed and checks what came of it. */
export async function play(seed: number, power: Power, more: More = {}): Promise<Played> {
  const random = simRandom(`play ${seed}`)
  const isRich = seed >= RICH_SEEDS
  const size = random.between(2, 14)
  const program = random.fork('program')
  const [body = [], ...later] = isRich ? generateRich(program, size) : [generate(program, size)]
  const isStormy = random.chance(0.6)
  const options = {
    seed,
    habits: isStormy ? STORMY : CALM,
    disk: random.chance(0.5) ? AILING_DISK : SOUND_DISK,
    powerFails: powerOf(power, random.fork('power')),
    graceMs: 3_000,
    timeMsMax: TIME_MS_MAX,
    ...(isRich ? { skewMs: [0, 5_000] as const, idleMs: random.pick([0, 100, 30_000]) } : {}),
  }
  const outcome = await simulate(options, async (sim) => {
    const tools = programTools(sim.world, isRich && random.fork('patience').chance(0.3) ? HASTY : PATIENT)
    const definition = programWorkflow(tools) as AnyDefinition
    const definitions = [definition, tools.helper as AnyDefinition]
    sim.define(...definitions)
    await sim.boot()
    const cap = random.chance(0.3) ? { toolCalls: random.between(1, 20), effectMs: 600_000, processes: 4 } : {}
    const root = await sim.start(
      definition,
      { body, path: 'r', ...(later.length === 0 ? {} : { later }) },
      { pid: 'root', cap },
    )
    let isOver = false
    const people = [attend(sim, () => isOver), chatter(sim, 'root', () => isOver)]
    if (isRich) people.push(deploy(sim, () => isOver))
    const canceller = random.chance(0.15) ? cancelLater(sim, random.between(0, 20_000)) : undefined
    await Promise.all([sim.reached(root, [...ENDED, 'parked']), more.happens?.(sim)])
    await allAtRest(sim)
    isOver = true
    await Promise.all([...people, canceller])
    return gathered(sim, definitions)
  })
  return verdict(outcome, body, more)
}

/** What is left when everything is at rest. */
type Gathered = {
  readonly definitions: readonly AnyDefinition[]
  readonly journals: readonly Journal[]
  readonly parked: readonly string[]
  readonly broken: readonly string[]
  readonly sim: Pick<Simulation, 'trace' | 'crashes'>
  readonly ledger: readonly Deed[]
  readonly random: SimRandom
}

async function gathered(sim: Simulation, definitions: readonly AnyDefinition[]): Promise<Gathered> {
  const views = await sim.list()
  const journals: Journal[] = []
  for (const { pid } of views) journals.push({ pid, facts: await sim.facts(pid) })
  const parked = views.flatMap(({ pid, status, parked }) =>
    status === 'parked' ? [`parked: ${pid} ${parked?.code}: ${parked?.message}`] : [],
  )
  const broken: string[] = []
  const engine = await sim.engine()
  for await (const { pid, n, problem } of engine.verify()) broken.push(`J1: frame ${n} of ${pid}: ${problem}`)
  return { definitions, journals, parked, broken, sim, ledger: sim.world.ledger, random: sim.random.fork('cuts') }
}

function powerOf(power: Power, random: SimRandom): (moment: CommitMoment, n: number) => boolean {
  if (power === 'stays') return () => false
  if (power !== 'by seed') return (moment, n) => moment === power.moment && n === power.n
  const period = random.between(3, 9)
  const share = random.next() * 0.2
  const isRegular = random.chance(0.5)
  let left = CRASHES_MAX
  return (moment, n) => {
    const fails = isRegular ? moment === 'after' && n % period === period - 1 : random.chance(share)
    return fails && left-- > 0
  }
}

async function cancelLater(sim: Simulation, afterMs: number): Promise<void> {
  await sim.loop.sleep(afterMs)
  await sim.control('root' as never, { type: 'cancel', id: 'stop', reason: 'enough', by: 'ann' })
}

/** Children that nobody waits for come to their end too, and those they start meanwhile. */
async function allAtRest(sim: Simulation): Promise<void> {
  for (let known = 0; ;) {
    const views = await sim.list()
    if (views.length === known) return
    known = views.length
    for (const view of views) await sim.reached(view.pid, [...ENDED, 'parked'])
  }
}

async function verdict(left: Gathered, body: Body, { holds }: More): Promise<Played> {
  const { journals, ledger, sim } = left
  const world = compareWithWorld(journals, ledger)
  const code = createRegistry(nodeHash)
  for (const definition of left.definitions) code.register(definition)
  const offences = [
    ...left.parked,
    ...left.broken,
    ...journals.flatMap(journalOffences),
    ...world.offences,
    ...conservationOffences(journals, ['toolCalls', 'processes']),
    ...sameSiteTwice(ledger),
    ...messageOffences(journals, (id) => Number(id.slice(1))),
  ]
  for (const journal of journals) {
    offences.push(...(await endOffences(journal, code)))
    for (let cut = 0; cut < PREFIXES; cut++) {
      const length = left.random.between(firstOwn(journal), journal.facts.length)
      offences.push(...(await prefixOffences(journal, code, { length, mayQueue })))
    }
    if (holds !== undefined) offences.push(...(await holds(journal, code)))
  }
  return {
    commits: sim.trace.filter((line) => / commit \d+$/.test(line)).length,
    crashes: sim.crashes,
    facts: journals.reduce((sum, { facts }) => sum + facts.length, 0),
    writes: world.writes,
    repeatedShown: world.repeatedShown,
    offences,
    trace: sim.trace,
    body,
  }
}

/** Effects that may wait for a slot. */
export const mayQueue = (key: string): boolean => key.includes('tool:queue:')

/** The facts of a fork's birth are one frame. */
function firstOwn({ facts }: Journal): number {
  return Math.max(
    1,
    facts.findIndex((fact, n) => n > 0 && fact.shared === undefined),
  )
}

/** Each dynamic write has a name of its own in its arguments: the far side must have seen it once, whatever its key. */
function sameSiteTwice(ledger: readonly Deed[]): readonly string[] {
  const names = ledger
    .filter((deed) => deed.what === 'done' && ['keyed', 'checked', 'plain'].includes(deed.service))
    .map((deed) => (deed.input as { at: string }).at)
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `repeated: write ${name} was done twice`)
}
