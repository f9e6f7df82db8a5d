/**
 * The lives of a simulated host, one after the other, over one store and one world.
 *
 * Invariants:
 * 1. At most one life at a time; a crash ends it at once, with everything it had in memory.
 * 2. `trace` is a function of the seed and the scenario.
 */
import { createEngine, nodeHash } from '../../engine/index.ts'
import type { LocalEngine, MemoryMedium, ProcessStatus, Store } from '../../engine/index.ts'
import { createKernel, createRegistry } from '../../kernel/index.ts'
import type { AnyDefinition, Drivers, Fact, Trace } from '../../kernel/index.ts'
import { modelDriver, readAnswer } from '../../model/index.ts'
import { stepDriver, toolDriver } from '../../tools/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import type { World } from '../world/world.ts'
import { diskFaults } from './disk.ts'
import type { CommitMoment, DiskHabits } from './disk.ts'
import { hostLife } from './host-life.ts'
import type { HostLife } from './host-life.ts'
import type { SimLoop } from './sim-loop.ts'
import type { SimRandom } from './sim-random.ts'

/** What all lives share. */
export type SimHostsParts = {
  readonly loop: SimLoop
  readonly random: SimRandom
  readonly world: World
  readonly medium: MemoryMedium
  readonly disk: DiskHabits
  readonly powerFails: (moment: CommitMoment, n: number) => boolean
  readonly rebootMs: number | 'never'
  readonly idleMs: number
  readonly graceMs: number | undefined
  readonly skewMs: readonly [min: number, max: number]
}

type Running = {
  readonly life: HostLife
  readonly engine: LocalEngine
  readonly store: Store
  hosting: AsyncDisposable | undefined
}
type StatusWaiter = { readonly pid: Pid; readonly statuses: readonly ProcessStatus[]; readonly resolve: () => void }

/** Boots, crashes and drains hosts, and asks them. */
export class SimHosts {
  readonly trace: string[] = []
  readonly news: Trace[] = []
  readonly code: AnyDefinition[] = []
  crashes = 0
  readonly #parts: SimHostsParts
  readonly #count = { commits: 0 }
  readonly #statusWaiters = new Set<StatusWaiter>()
  #running: Running | undefined
  #booted = Promise.withResolvers<void>()
  #lives = 0
  #closed = false

  constructor(parts: SimHostsParts) {
    this.#parts = parts
  }

  async boot(): Promise<void> {
    if (this.#running !== undefined) throw new Error('a host is running already')
    const { loop, medium, random } = this.#parts
    const life = hostLife(loop, ++this.#lives, random.fork(`skew ${this.#lives}`).between(...this.#parts.skewMs))
    this.#note(`boot ${life.n}`)
    const events = {
      powerFails: this.#parts.powerFails,
      crash: () => this.#crashOf(life, 'the power'),
      committed: (n: number) => this.#committed(n),
    }
    const store = medium.open(diskFaults(loop, random.fork(`disk ${life.n}`), this.#parts.disk, events, this.#count))
    const engine = createEngine({
      store,
      clock: life.clock,
      random: random.fork(`engine ${life.n}`),
      hash: nodeHash,
      soon: life.soon,
    })
    const running: Running = { life, engine, store, hosting: undefined }
    this.#running = running
    engine.failed.addEventListener(
      'abort',
      () => this.#crashOf(life, `a failed store: ${String((engine.failed.reason as { code?: string }).code)}`),
      { once: true },
    )
    const kernel = this.#kernel(life, engine)
    const hosting = engine.host(async (activation) => void (await kernel.run(activation)))
    this.#booted.resolve()
    hosting.then((hosted) => (running.hosting = hosted)).catch(() => undefined)
    this.#checkStatuses()
    await Promise.race([hosting.catch(() => undefined), this.#over(life)])
  }

  crash(why: string): void {
    if (this.#running !== undefined) this.#crashOf(this.#running.life, why)
  }

  /** False when it died before it had drained. */
  async drain(): Promise<boolean> {
    const running = this.#running
    if (running === undefined) return false
    const closed = Promise.resolve(running.engine[Symbol.asyncDispose]()).catch(() => undefined)
    await Promise.race([closed, this.#over(running.life)])
    if (this.#running !== running) return false
    this.#note(`drained ${running.life.n}`)
    running.life.end()
    this.#parts.world.hostDied()
    this.#running = undefined
    this.#booted = Promise.withResolvers()
    return true
  }

  /** No host lives after this. */
  close(): void {
    this.#closed = true
    this.crash('the end of the scenario')
  }

  async engine(): Promise<LocalEngine> {
    for (;;) {
      if (this.#running !== undefined) return this.#running.engine
      await this.#booted.promise
    }
  }

  /** Asks the living engine, and the next one when it dies before it has answered. */
  async ask<T>(question: (engine: LocalEngine) => Promise<T>): Promise<T> {
    for (;;) {
      await this.engine()
      const running = this.#running
      if (running === undefined) continue
      const answer = (async () => question(running.engine))().then(
        (value) => ({ ok: true as const, value }),
        (error: unknown) => ({ ok: false as const, error }),
      )
      const first = await Promise.race([answer, this.#over(running.life)])
      if (first === 'over') continue
      if (first.ok) return first.value
      const isLeaving = SkeinError.isInstance(first.error) && first.error.code === 'ENGINE_CLOSED'
      if (!running.engine.failed.aborted && !isLeaving) throw first.error
      await this.#over(running.life)
    }
  }

  /** Resolves when the store shows the process in one of the statuses. */
  status(pid: Pid, statuses: readonly ProcessStatus[]): Promise<void> {
    return new Promise((resolve) => {
      this.#statusWaiters.add({ pid, statuses, resolve })
      this.#checkStatuses()
    })
  }

  #crashOf(life: HostLife, why: string): void {
    if (this.#running?.life !== life) return
    const { loop, medium, world, rebootMs } = this.#parts
    this.#note(`crash ${life.n} by ${why}`)
    if (!this.#closed) this.crashes += 1
    this.#running = undefined
    this.#booted = Promise.withResolvers()
    medium.crash()
    life.end()
    world.hostDied()
    if (rebootMs !== 'never' && !this.#closed) loop.timer(rebootMs, () => void this.boot())
  }

  #over(life: HostLife): Promise<'over'> {
    return new Promise((resolve) => {
      if (life.isOver) resolve('over')
      else life.onEnd(() => resolve('over'))
    })
  }

  #kernel(life: HostLife, engine: LocalEngine) {
    const random = this.#parts.random.fork(`kernel ${life.n}`)
    const code = createRegistry(nodeHash)
    for (const definition of this.code) code.register(definition)
    const { clock } = life
    const drivers: Drivers = {
      model: modelDriver({ clock, random: random.fork('model'), env: {} }),
      tool: toolDriver({ clock }),
      step: stepDriver({ clock }),
    }
    const { idleMs, graceMs } = this.#parts
    return createKernel({
      clock,
      random,
      hash: nodeHash,
      macrotask: life.macrotask,
      drivers,
      code,
      readAnswer,
      switches: engine.switchboard,
      trace: (news) => this.#hear(life, news),
      idleMs,
      ...(graceMs === undefined ? {} : { graceMs }),
    })
  }

  #hear(life: HostLife, news: Trace): void {
    if (life.isOver) return
    this.news.push(news)
    if (news.type === 'frame') for (const fact of news.facts) this.#note(`${news.pid} ${lineOf(fact)}`)
    else this.#note(`${news.pid} ${news.type}`)
  }

  #committed(n: number): void {
    this.#note(`commit ${n}`)
    this.#checkStatuses()
  }

  #checkStatuses(): void {
    const tables = this.#running?.store.tables
    if (tables === undefined) return
    for (const waiter of this.#statusWaiters) {
      const status = tables.processes.find(waiter.pid)?.status
      if (status === undefined || !waiter.statuses.includes(status)) continue
      this.#statusWaiters.delete(waiter)
      waiter.resolve()
    }
  }

  #note(line: string): void {
    this.trace.push(`${this.#parts.loop.nowMs} ${line}`)
  }
}

/** A fact in a line of the trace. */
function lineOf(fact: Fact): string {
  const attempt = 'attempt' in fact ? ` ${fact.attempt}` : ''
  const key = 'key' in fact ? ` ${fact.key}` : ''
  const outcome = 'outcome' in fact && fact.outcome !== undefined ? ` ${fact.outcome.type}` : ''
  return `${fact.seq} ${fact.type}${key}${attempt}${outcome}`
}
