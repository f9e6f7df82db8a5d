/**
 * A stand-in for the kernel: it hands every activation to the test, which drives the lane by hand.
 *
 * Invariants:
 * 1. `run` returns when the activation has committed or was taken away, as the kernel's does.
 * 2. Facts are numbered densely per process.
 */
import { FACT_VERSION, NOTHING, payloadOf } from '../../kernel/index.ts'
import type {
  Activation,
  CommitEnd,
  Control,
  Event,
  Fact,
  FactBody,
  FrameEffects,
  Message,
  Outgoing,
  StartRequest,
  Summary,
} from '../../kernel/index.ts'
import { asEffectKey, asMessageId, asPid, asSeq } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'

const NOTHING_USED: Summary = {
  effects: { local: 0, read: 0, write: 0 },
  repeated: 0,
  spent: {},
  reserved: {},
  forfeited: {},
  delegated: {},
  facts: 0,
}

/** An activation in the hands of a test. */
export class Lane {
  readonly activation: Activation
  #seq: number

  constructor(activation: Activation) {
    this.activation = activation
    this.#seq = (activation.facts.at(-1)?.seq ?? -1) + 1
  }

  get pid(): Pid {
    return this.activation.pid
  }

  /** Frames facts of no consequence, one per name, with what else the frame does. */
  frame(names: readonly string[], effects: FrameEffects = {}): void {
    this.frameFacts(names.map(noted), effects)
  }

  frameFacts(bodies: readonly FactBody[], effects: FrameEffects = {}): void {
    const facts = bodies.map((body) => ({ ...body, v: FACT_VERSION, seq: asSeq(this.#seq++), at: 0 }))
    this.activation.frame(facts, effects)
  }

  next(idleMs?: number): Promise<Event | undefined> {
    return this.activation.next(idleMs)
  }

  /** The next message; throws for anything else. */
  async message(): Promise<Message> {
    const event = await this.next()
    if (event?.type !== 'message') throw new Error(`expected a message, heard ${event?.type}`)
    return event.message
  }

  /** Performs an effect of this class whose driver is `run`. */
  perform(name: string, kind: 'local' | 'read' | 'write', run: (signal: AbortSignal) => unknown): void {
    const { owner } = this.activation
    const begun = kind === 'local' ? undefined : owner
    this.activation.perform({ key: keyOf(name), attempt: 1, class: kind, begun }, async ({ signal }) => ({
      outcome: { type: 'ok', value: payloadOf(await run(signal)) },
    }))
  }

  /** Resolves when everything framed so far is durable, by rule E3. The end of a read is heard after it. */
  durable(): Promise<void> {
    return new Promise((resolve) => this.perform(`durable-${this.#seq}`, 'read', () => resolve()))
  }

  rest(): Promise<boolean> {
    return this.#commit({ type: 'wait', summary: NOTHING_USED })
  }

  /** Gives others a turn. */
  yield(): Promise<boolean> {
    return this.#commit({ type: 'yield', summary: NOTHING_USED })
  }

  end(value: unknown = 'done'): Promise<boolean> {
    return this.#commit({ type: 'ended', result: { type: 'ok', value: payloadOf(value) }, summary: NOTHING_USED })
  }

  fail(): Promise<boolean> {
    const error = payloadOf({ code: 'DOWN', message: 'down', retryable: false })
    return this.#commit({ type: 'ended', result: { type: 'error', error }, summary: NOTHING_USED })
  }

  park(): Promise<boolean> {
    const error = { code: 'CODE_ABSENT', message: 'no code', retryable: false }
    return this.#commit({ type: 'parked', error, summary: NOTHING_USED })
  }

  #commit(end: CommitEnd): Promise<boolean> {
    return this.activation.commit(end)
  }
}

/** Hands out activations in order. */
export class Puppet {
  readonly #arrived: Lane[] = []
  readonly #waiting: ((lane: Lane) => void)[] = []

  /** The `run` of `Engine.host`. */
  readonly run = (activation: Activation): Promise<void> => {
    const lane = new Lane(activation)
    const over = new Promise<void>((resolve) => {
      activation.signal.addEventListener('abort', () => resolve(), { once: true })
      const commit = activation.commit.bind(activation)
      activation.commit = async (end) => {
        const isOver = await commit(end)
        if (isOver) resolve()
        return isOver
      }
    })
    const taker = this.#waiting.shift()
    if (taker === undefined) this.#arrived.push(lane)
    else taker(lane)
    return over
  }

  /** The next activation; waits for it. */
  next(): Promise<Lane> {
    const lane = this.#arrived.shift()
    return lane === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(lane)
  }

  /** The next activation of `pid`; whoever comes before it is left alone. */
  async nextOf(pid: string): Promise<Lane> {
    for (;;) {
      const lane = await this.next()
      if (lane.pid === pid) return lane
    }
  }

  /** Whether an activation waits to be taken. */
  get isIdle(): boolean {
    return this.#arrived.length === 0
  }
}

/** A key that tests can read. */
export const keyOf = (name: string): EffectKey => asEffectKey(`step:${name}:-#0`)

/** A fact of no consequence. */
export const noted = (name: string): FactBody => ({
  type: 'settled',
  key: keyOf(name),
  attempt: 0,
  outcome: { type: 'ok', value: payloadOf(name) },
})

/** The names of facts made by `noted`. */
export const namesOf = (facts: readonly Fact[]): readonly string[] =>
  facts.flatMap((fact) => (fact.type === 'settled' ? [fact.key.split(':')[1] ?? ''] : []))

/** A request to start `pid`. */
export function startOf(pid: string, more: Partial<StartRequest> = {}): StartRequest {
  return {
    pid: asPid(pid),
    kind: 'workflow',
    workflow: 'puppet',
    input: NOTHING,
    root: asPid(pid),
    depth: 0,
    cap: {},
    strict: false,
    ...more,
  }
}

/** A control that anybody may send. */
export function cancelOf(id: string): Control {
  return { id, type: 'cancel', reason: 'because', by: 'test' }
}

/** What a frame says to another process. */
export function saying(message: Message): Outgoing {
  return { type: 'message', key: keyOf(`say-${message.id}`), message }
}

/** What a frame says to begin another process. */
export function starting(request: StartRequest): Outgoing {
  return { type: 'start', key: keyOf(`start-${request.pid}`), request }
}

/** A message. */
export function messageOf(to: string, id: string, more: Partial<Message> = {}): Message {
  return { to: asPid(to), id: asMessageId(id), body: payloadOf(id), ...more }
}
