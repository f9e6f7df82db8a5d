/** What the engine's own tests share: a clock moved by hand, requests, facts, and tiny stand-ins for the kernel. */
import { FACT_VERSION, NOTHING, payloadOf } from '../kernel/index.ts'
import type { Activation, Fact, FactBody, Message, StartRequest, Summary } from '../kernel/index.ts'
import { asEffectKey, asMessageId, asPid, asSeq } from '../std/index.ts'
import type { Clock, SkeinError } from '../std/index.ts'
import { createEngine } from './embedded/create-engine.ts'
import type { LocalEngine } from './embedded/local-engine.ts'
import { DRAIN_MACROTASKS, DRAIN_REPEATABLE_MS, DRAIN_WRITES_MS } from './limits.ts'
import type { MemoryMedium, StoreFaults } from './memory/memory-medium.ts'
import { nodeHash } from './platform/node-hash.ts'
import { nodeRandom } from './platform/node-random.ts'
import { nodeSoon } from './platform/node-soon.ts'

/** Time that passes only when a test says so. */
export class HandClock implements Clock {
  #now = 1_000_000
  #jumped = 0
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>()

  now = (): number => this.#now + this.#jumped
  monotonicMs = (): number => this.#now

  timer(delayMs: number, fire: () => void): Disposable {
    const timer = { at: this.#now + delayMs, fire }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) }
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Somebody set the wall clock. */
  jump(ms: number): void {
    this.#jumped += ms
  }

  advance(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers].toSorted((a, b) => a.at - b.at)) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.fire()
    }
  }
}

/** An engine over a medium, with real macrotasks. A clock that is moved by hand does not keep it from closing. */
export function engineOn(medium: MemoryMedium, clock: Clock, faults?: StoreFaults): LocalEngine {
  const engine = createEngine({ store: medium.open(faults), clock, random: nodeRandom, hash: nodeHash, soon: nodeSoon })
  if (!(clock instanceof HandClock)) return engine
  const dispose = engine[Symbol.asyncDispose].bind(engine)
  engine[Symbol.asyncDispose] = async () => {
    const isLeft = dispose()
    for (const limitMs of [DRAIN_WRITES_MS, DRAIN_REPEATABLE_MS]) {
      await settle(DRAIN_MACROTASKS + 1)
      clock.advance(limitMs)
    }
    await isLeft
  }
  return engine
}

/** A request to start `pid`. */
export function request(pid: string, more: Partial<StartRequest> = {}): StartRequest {
  return {
    pid: asPid(pid),
    kind: 'workflow',
    workflow: 'w',
    input: NOTHING,
    root: asPid(pid),
    depth: 0,
    cap: {},
    strict: false,
    ...more,
  }
}

/** A message to `to`. */
export function message(to: string, id: string, more: Partial<Message> = {}): Message {
  return { to: asPid(to), id: asMessageId(id), body: payloadOf(id), ...more }
}

export const SUMMARY: Summary = {
  effects: { local: 0, read: 0, write: 0 },
  repeated: 0,
  spent: {},
  reserved: {},
  forfeited: {},
  delegated: {},
  facts: 0,
}
export const key = asEffectKey

/** Numbers facts as the kernel would. */
export function factsFrom(seq: number, bodies: readonly FactBody[]): Fact[] {
  return bodies.map((body, i) => ({ v: FACT_VERSION, seq: asSeq(seq + i), at: 1, ...body }))
}

/** A fact of no consequence. */
export const note = (text: string): FactBody => ({
  type: 'settled',
  key: key(text),
  attempt: 0,
  outcome: { type: 'ok', value: payloadOf(text) },
})

/** Settles with a value. */
export const ok = (value: unknown) => ({ outcome: { type: 'ok' as const, value: payloadOf(value) } })

/** Ends an activation with a value. */
export const endWith = (activation: Activation, value: unknown = 'done') =>
  activation.commit({ type: 'ended', result: { type: 'ok', value: payloadOf(value) }, summary: SUMMARY })

/** Goes to rest unless something came. */
export const rest = (activation: Activation) => activation.commit({ type: 'wait', summary: SUMMARY })

/** A `run` that hands every activation to the test, and returns when the activation is over or taken away. */
export function captured() {
  const waiting: ((activation: Activation) => void)[] = []
  const arrived: Activation[] = []
  const log: string[] = []
  const run = (activation: Activation): Promise<void> => {
    log.push(activation.pid)
    const commit = activation.commit.bind(activation)
    const over = new Promise<void>((resolve) => {
      activation.signal.addEventListener('abort', () => resolve())
      activation.commit = async (end) => {
        const hasEnded = await commit(end)
        if (hasEnded) resolve()
        return hasEnded
      }
    })
    const next = waiting.shift()
    if (next === undefined) arrived.push(activation)
    else next(activation)
    return over
  }
  return {
    run,
    /** Pids in order of activation. */
    log,
    /** The next activation. */
    next: (): Promise<Activation> => {
      const activation = arrived.shift()
      return activation === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(activation)
    },
  }
}

/** Lets macrotasks run until nothing of the engine's is queued. */
export async function settle(turns = 8): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** The code that a promise rejects with. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: SkeinError) => error.code,
  )

/** All items of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
