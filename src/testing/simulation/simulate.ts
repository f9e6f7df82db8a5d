/**
 * A whole Skein in virtual time: kernel and engine over a store in memory, a far side with a ledger of its own,
 * crashes and faults, all drawn from one seed.
 *
 * Invariants:
 * 1. Equal seeds and equal scenarios give equal traces.
 * 2. At most one host lives at a time; what survives a crash is the store and the world.
 * 3. What the scenario asks of the engine is asked again after a crash until it is answered: callers outside are not lost with the host.
 */
import { memoryMedium } from '../../engine/index.ts'
import type { LocalEngine, ProcessStatus, ProcessView, SettleResult, SwitchChange } from '../../engine/index.ts'
import { NOTHING, payloadOf } from '../../kernel/index.ts'
import type {
  AnyDefinition,
  Control,
  DeliverResult,
  Fact,
  ForkRequest,
  Message,
  Settlement,
  StartRequest,
  Trace,
} from '../../kernel/index.ts'
import { asMessageId, asPid } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { simWorld } from '../world/world.ts'
import type { World, WorldHabits } from '../world/world.ts'
import { SOUND_DISK } from './disk.ts'
import type { CommitMoment, DiskHabits } from './disk.ts'
import { gather } from './gather.ts'
import { SimHosts } from './sim-hosts.ts'
import { simLoop } from './sim-loop.ts'
import type { SimLoop } from './sim-loop.ts'
import { simRandom } from './sim-random.ts'
import type { SimRandom } from './sim-random.ts'

/** What a simulation begins with. */
export type SimulationOptions = {
  readonly seed: number | string
  readonly habits?: WorldHabits
  readonly disk?: DiskHabits
  /** True when the power goes at this moment of commit `n`. */
  readonly powerFails?: (moment: CommitMoment, n: number) => boolean
  readonly idleMs?: number
  readonly graceMs?: number
  /** How far the wall clock of each life is off. */
  readonly skewMs?: readonly [min: number, max: number]
  /** Virtual time after which a scenario that has not ended is given up. */
  readonly timeMsMax?: number
  /** Time from a crash to the next life; `never`: the scenario boots. */
  readonly rebootMs?: number | 'never'
}

/** A process as the scenario starts it. */
export type SimStart = {
  readonly pid?: string
  readonly cap?: StartRequest['cap']
  readonly strict?: boolean
  readonly tenant?: string
}

/** What a scenario can do and see. */
export interface Simulation {
  readonly loop: SimLoop
  /** For the scenario's own choices. */
  readonly random: SimRandom
  readonly world: World
  /** What happened, one line each; the same for the same seed. */
  readonly trace: readonly string[]
  /** News of the kernels of all lives. */
  readonly news: readonly Trace[]
  readonly crashes: number
  /** The engine of the present life. */
  engine(): Promise<LocalEngine>
  /** Adds code, to be there from the next boot on; a later definition of the same name is newer. */
  define(...definitions: readonly AnyDefinition[]): void
  /** Takes code away, from the next boot on. */
  forget(name: string): void
  boot(): Promise<void>
  /** As `kill -9`. */
  crash(): void
  /** As SIGTERM: drains, then ends; false when it died first. The next life is the scenario's to boot. */
  drain(): Promise<boolean>
  start(definition: AnyDefinition, input?: unknown, options?: SimStart): Promise<Pid>
  /** Starts a fork; `writes` are refused, unless said otherwise. */
  fork(from: Pid, about?: Partial<Omit<ForkRequest, 'from'>>, options?: SimStart): Promise<Pid>
  send(to: Pid, body: unknown, about?: Partial<Omit<Message, 'to' | 'body'>>): Promise<DeliverResult>
  control(pid: Pid, control: Control): Promise<'queued' | 'duplicate' | 'ended'>
  settle(token: string, settlement: Settlement): Promise<SettleResult>
  /** As `skein pause` and `skein resume`. */
  switch(change: SwitchChange): Promise<boolean>
  inspect(pid: Pid): Promise<ProcessView | undefined>
  list(): Promise<readonly ProcessView[]>
  facts(pid: Pid): Promise<readonly Fact[]>
  /** Resolves when the process has one of the statuses; ended, unless said otherwise. */
  reached(pid: Pid, statuses?: readonly ProcessStatus[]): Promise<ProcessView>
}

/** The statuses of a process that has ended. */
export const ENDED: readonly ProcessStatus[] = ['done', 'failed', 'cancelled']

/** A scenario failed or stood still; `trace` is what had happened. */
export class SimulationFailed extends Error {
  readonly trace: readonly string[]

  constructor(seed: number | string, trace: readonly string[], cause: unknown) {
    super(`simulation ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'SimulationFailed'
    this.trace = trace
  }
}

/** Runs `scenario` in a simulation of its own. Rejects when it stands still. */
export async function simulate<T>(options: SimulationOptions, scenario: (sim: Simulation) => Promise<T>): Promise<T> {
  const random = simRandom(options.seed)
  const loop = simLoop(random.fork('loop'), options.timeMsMax)
  const world = simWorld(loop, random.fork('world'), options.habits)
  using medium = memoryMedium()
  const hosts = new SimHosts({
    loop,
    random: random.fork('host'),
    world,
    medium,
    disk: options.disk ?? SOUND_DISK,
    powerFails: options.powerFails ?? (() => false),
    rebootMs: options.rebootMs ?? 100,
    idleMs: options.idleMs ?? 0,
    graceMs: options.graceMs,
    skewMs: options.skewMs ?? [0, 0],
  })
  try {
    return await loop.run(() => scenario(simulationOf(hosts, loop, world, random.fork('scenario'))))
  } catch (thrown) {
    throw new SimulationFailed(options.seed, hosts.trace, thrown)
  } finally {
    hosts.close()
  }
}

async function start(
  hosts: SimHosts,
  { pid: name, cap = {}, strict = false, tenant }: SimStart & { readonly pid: string },
  about: Pick<StartRequest, 'kind' | 'workflow' | 'input' | 'fork'>,
): Promise<Pid> {
  const pid = asPid(name)
  await hosts.ask((engine) =>
    engine.start({ ...about, ...(tenant === undefined ? {} : { tenant }), pid, root: pid, depth: 0, cap, strict }),
  )
  return pid
}

function simulationOf(hosts: SimHosts, loop: SimLoop, world: World, random: SimRandom): Simulation {
  let messages = 0
  const control = (pid: Pid, given: Control): Promise<'queued' | 'duplicate' | 'ended'> =>
    hosts.ask((engine) => engine.control(pid, given))
  const inspect = (pid: Pid): Promise<ProcessView | undefined> => hosts.ask((engine) => engine.inspect(pid))
  return {
    loop,
    random,
    world,
    trace: hosts.trace,
    news: hosts.news,
    get crashes() {
      return hosts.crashes
    },
    engine: () => hosts.engine(),
    define: (...definitions) => void hosts.code.push(...definitions),
    forget: (name) =>
      void hosts.code.splice(0, hosts.code.length, ...hosts.code.filter((definition) => definition.name !== name)),
    boot: () => hosts.boot(),
    crash: () => hosts.crash('the scenario'),
    drain: () => hosts.drain(),
    start: ({ kind, name }, input, options = {}) =>
      start(hosts, { pid: name, ...options }, { kind, workflow: name, input: payloadOf(input) }),
    fork: (from, about = {}, options = {}) =>
      // What it is, the engine takes from its origin.
      start(
        hosts,
        { pid: `${from}-fork`, ...options },
        { kind: 'workflow', workflow: '', input: NOTHING, fork: { from, writes: 'refuse', ...about } },
      ),
    send: (to, body, about = {}) => {
      const message: Message = { id: asMessageId(`m${messages++}`), to, body: payloadOf(body), ...about }
      return hosts.ask((engine) => engine.deliver(message))
    },
    control,
    settle: (token, settlement) => hosts.ask((engine) => engine.settle(token, settlement)),
    switch: (change) => hosts.ask((engine) => engine.switch(change)),
    inspect,
    list: () => hosts.ask((engine) => gather(engine.list({}))),
    facts: async (pid) => (await hosts.ask((engine) => gather(engine.history(pid)))).flatMap((frame) => frame.facts),
    async reached(pid, statuses = ENDED) {
      await hosts.status(pid, statuses)
      const view = await inspect(pid)
      if (view === undefined) throw new Error(`${pid} is gone`)
      return view
    },
  }
}
