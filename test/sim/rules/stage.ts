/** A small stage for one rule: one workflow on the simulated engine, a scenario around it, and everything it left behind. */
import { failureOf, valueOf, workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx, Fact, FactOf, Outcome } from '../../../src/kernel/index.ts'
import { ENDED, factsOf, simulate, worldTool } from '../../../src/testing/index.ts'
import type {
  CommitMoment,
  Deed,
  Simulation,
  SimulationOptions,
  SimStart,
  World,
  WorldToolSettings,
} from '../../../src/testing/index.ts'
import type { ProcessView } from '../../../src/engine/index.ts'
import type { EffectKey, Pid } from '../../../src/std/index.ts'

/** What a rule's test plays. */
export type Play = Partial<SimulationOptions> &
  SimStart & {
    readonly input?: unknown
    /** What happens around it; the process has been started. */
    readonly during?: (sim: Simulation, pid: Pid) => Promise<void>
    /** More code. */
    readonly define?: (world: World) => readonly AnyDefinition[]
    /** Where it is left; ended, unless said otherwise. */
    readonly until?: Parameters<Simulation['reached']>[1]
  }

/** What it left behind. */
export type Staged = {
  readonly view: ProcessView
  readonly facts: readonly Fact[]
  readonly value: unknown
  readonly error: { readonly code: string; readonly message: string } | undefined
  readonly ledger: readonly Deed[]
  readonly sim: Simulation
}

/** A world's tool, in short. */
export type ToolMaker = (name: string, settings?: Omit<WorldToolSettings, 'name'>) => ReturnType<typeof worldTool>

/** Runs `body` as workflow `flow`. */
export async function stage(
  play: Play,
  body: (ctx: Ctx, tool: ToolMaker, input: unknown, world: World) => unknown,
): Promise<Staged> {
  return simulate({ seed: 1, ...play }, async (sim) => {
    const made = new Map<string, ReturnType<typeof worldTool>>()
    const tool: ToolMaker = (name, settings = {}) => {
      const known = made.get(name) ?? worldTool(sim.world, { name, ...settings })
      made.set(name, known)
      return known
    }
    const definition = flow((ctx, input) => body(ctx, tool, input, sim.world))
    sim.define(definition, ...(play.define?.(sim.world) ?? []))
    await sim.boot()
    const pid = await sim.start(definition, play.input, play)
    const [view] = await Promise.all([sim.reached(pid, play.until ?? [...ENDED, 'parked']), play.during?.(sim, pid)])
    return { ...resultOf(view), view, facts: await sim.facts(pid), ledger: sim.world.ledger, sim }
  })
}

/** A workflow named `flow`. */
export function flow(body: (ctx: Ctx, input: unknown) => unknown, name = 'flow'): AnyDefinition {
  return workflow({ name }, async (ctx, input) => body(ctx, input))
}

/** The value or the error of a process. */
export function resultOf(view: ProcessView): Pick<Staged, 'value' | 'error'> {
  if (view.parked !== undefined) return { value: undefined, error: view.parked }
  return outcomeOf(view.result)
}

/** The value or the error of an outcome. */
export function outcomeOf(outcome: Outcome | undefined): Pick<Staged, 'value' | 'error'> {
  if (outcome?.type === 'ok') return { value: valueOf(outcome.value), error: undefined }
  return { value: undefined, error: outcome === undefined ? undefined : failureOf(outcome) }
}

/** The power goes once, at a moment of a commit. */
export function powerCut(n: number, moment: CommitMoment = 'after'): Pick<SimulationOptions, 'powerFails'> {
  return { powerFails: (at, commit) => at === moment && commit === n }
}

/** The facts of a type whose key holds `part`. */
export function about<T extends Extract<Fact, { key?: unknown }>['type']>(
  facts: readonly Fact[],
  type: T,
  part: string,
): readonly FactOf<T>[] {
  return factsOf(facts, type).filter((fact) => 'key' in fact && String(fact.key).includes(part))
}

/** Deeds of a service that really happened. */
export function deedsOf(ledger: readonly Deed[], service: string): readonly Deed[] {
  return ledger.filter((deed) => deed.service === service && deed.what === 'done')
}

/** Plays it undisturbed, then with the power going once before and once after each of its commits. */
export async function throughCrashes(
  play: Play,
  body: Parameters<typeof stage>[1],
  check: (run: Staged, calm: Staged) => void,
): Promise<void> {
  const calm = await stage(play, body)
  check(calm, calm)
  const { length: commits } = calm.sim.trace.filter((line) => / commit \d+$/.test(line))
  for (const moment of ['before', 'after'] as const)
    for (let n = 0; n < commits; n++) check(await stage({ ...play, ...powerCut(n, moment) }, body), calm)
}

/** Plays it until it waits, lets the host die, and goes on. */
export async function crashOnceAt(sim: Simulation, pid: Pid, kind: string): Promise<void> {
  await waited(sim, pid, kind)
  sim.crash()
}

/** Resolves when the process waits for something of this kind; gives the key of the wait. */
export async function waited(sim: Simulation, pid: Pid, kind: string): Promise<EffectKey> {
  for (;;) {
    const wait = (await sim.inspect(pid))?.waits.find(({ on }) => on.kind === kind)
    if (wait !== undefined) return wait.key
    await sim.loop.sleep(5)
  }
}

/** The code of whatever the call throws or rejects with. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'none'
  } catch (thrown) {
    return (thrown as { code: string }).code
  }
}
