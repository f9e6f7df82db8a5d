/** A lane for the kernel's own tests: one process, a journal in memory, a virtual clock, crashes by dropping everything but the journal. */
import { createHash } from 'node:crypto'
import { asEpoch, asOwnerId, asPid, SkeinError } from '../../std/index.ts'
import type { EffectKey, OwnerId } from '../../std/index.ts'
import { createRegistry } from '../definitions/registry.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { Abort } from '../effects/abort.ts'
import type { Fact } from '../journal/facts.ts'
import { payloadOf } from '../journal/outcome.ts'
import type { Activation, CommitEnd, Event, FrameEffects, StartRequest } from '../ports/activation.ts'
import type { Drivers } from '../ports/driver.ts'
import type { KernelDeps, Trace } from '../ports/host.ts'
import { createKernel } from './kernel.ts'

export class Crash extends Error {}

export type LaneOptions = {
  readonly definitions: readonly AnyDefinition[]
  readonly input?: unknown
  readonly cap?: StartRequest['cap']
  readonly strict?: boolean
  readonly file?: string
  /** Crash before the n-th frame (from 0) of an activation becomes durable. */
  readonly crashAtFrame?: number
}

const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') }

const free = { concurrencyMax: 100, reserve: () => ({}) }
const drivers: Drivers = {
  model: {
    ...free,
    perform: async () => ({
      value: {
        content: [{ type: 'text', text: 'hi' }],
        finishReason: 'stop',
        usage: { inputTokens: 1, outputTokens: 1 },
        modelId: 'm-2026',
      },
    }),
  },
  tool: {
    ...free,
    reserve: () => ({ toolCalls: 1 }),
    perform: async (call) => {
      if (call.act === 'reconcile') {
        const found = await call.tool.reconcile?.(call.input, {
          toolCallId: call.toolCallId,
          messages: [],
          idempotencyKey: call.id,
        })
        if (found !== undefined && 'done' in found) return { value: found.done, actual: { toolCalls: 1 } }
        return { reconciled: found !== undefined && 'absent' in found ? 'absent' : 'unknown' }
      }
      return {
        value: await call.tool.execute?.(call.input, {
          toolCallId: call.toolCallId,
          messages: call.messages,
          abortSignal: call.signal,
          idempotencyKey: call.id,
        }),
        actual: { toolCalls: 1 },
      }
    },
  },
  step: {
    ...free,
    perform: async (call) => ({
      value: await call.fn({ idempotencyKey: call.id, abortSignal: call.signal, attempt: call.attempt }),
    }),
  },
}

/** One process and what the outside knows of it. */
export class Lane {
  readonly pid = asPid('p')
  journal: Fact[] = []
  readonly frames: FrameEffects[] = []
  readonly news: Trace[] = []
  end: CommitEnd | undefined
  activations = 0
  readonly #options: LaneOptions
  #now = 1_000_000
  #deliver: ((event: Event) => void) | undefined

  constructor(options: LaneOptions) {
    this.#options = options
  }

  types(): string[] {
    return this.journal.map((fact) => fact.type)
  }

  /** Gives an event to the running activation. */
  give(event: Event): void {
    this.#deliver?.(event)
  }

  /** Runs one activation until it commits or crashes. */
  async run(crashAtFrame?: number): Promise<'crashed' | CommitEnd['type']> {
    const registry = createRegistry(hash)
    for (const definition of this.#options.definitions) registry.register(definition)
    const timers: { dueAt: number; fire: () => void; live: boolean }[] = []
    let draws = 0
    const deps: KernelDeps = {
      clock: {
        now: () => (this.#now += 1),
        monotonicMs: () => this.#now,
        timer: (delayMs, fire) => {
          const timer = { dueAt: this.#now + delayMs, fire, live: true }
          timers.push(timer)
          return { [Symbol.dispose]: () => void (timer.live = false) }
        },
      },
      random: {
        hex: (bytes) => hash.sha256(`${this.activations}/${(draws += 1)}`).slice(0, bytes * 2),
        next: () => (draws += 1) / 1000,
      },
      hash,
      macrotask: (deliver, drained) => {
        setImmediate(deliver)
        setImmediate(drained)
      },
      drivers,
      code: registry,
      readAnswer: () => ({ ok: false, complaint: 'no' }),
      trace: (news) => this.news.push(news),
      idleMs: 0,
    }
    const first = this.#options.definitions[0] as AnyDefinition
    const act = this.#activation(crashAtFrame, first)
    try {
      await createKernel(deps).run(act)
      return this.end?.type ?? 'crashed'
    } catch (thrown) {
      if (thrown instanceof Crash) return 'crashed'
      throw thrown
    }
  }

  #activation(crashAtFrame: number | undefined, definition: AnyDefinition): Activation {
    this.activations += 1
    const owner: OwnerId = asOwnerId(`o${this.activations}`)
    const events: Event[] = []
    const over = new AbortController()
    let wake: (() => void) | undefined
    let frames = 0
    const aborts = new Map<EffectKey, Abort>()
    const crash = (): never => {
      over.abort(new Crash())
      throw new Crash()
    }
    const push = (event: Event): void => {
      events.push(event)
      wake?.()
    }
    this.#deliver = push
    return {
      pid: this.pid,
      epoch: asEpoch(this.activations),
      owner,
      start: {
        pid: this.pid,
        kind: definition.kind,
        workflow: definition.name,
        input: payloadOf(this.#options.input),
        root: this.pid,
        depth: 0,
        cap: this.#options.cap ?? {},
        strict: this.#options.strict ?? false,
        ...(this.#options.file === undefined ? {} : { file: this.#options.file }),
      },
      facts: [...this.journal],
      ownerDeath: 'known',
      signal: over.signal,
      next: async (idleMs) => {
        for (;;) {
          if (over.signal.aborted) throw new Crash()
          const event = events.shift()
          if (event !== undefined) return event
          if (idleMs === 0) return undefined
          await new Promise<void>((resolve) => (wake = resolve))
        }
      },
      decide: async (make) => make(),
      perform: ({ key, attempt }, run) => {
        const abort = new Abort()
        aborts.set(key, abort)
        void Promise.resolve(run(Object.assign(abort, { reexecution: false }))).then((settled) => {
          if (!over.signal.aborted) push({ type: 'settled', key, attempt, settled })
        })
      },
      abort: (key) => aborts.get(key)?.abort(new SkeinError('CANCELLED', 'aborted')),
      putBack: () => undefined,
      frame: (facts, effects) => {
        if (frames === crashAtFrame) crash()
        frames += 1
        this.journal.push(...(JSON.parse(JSON.stringify(facts)) as Fact[]))
        this.frames.push(effects)
        for (const sent of effects.sent ?? [])
          if (sent.type === 'message') push({ type: 'sent', key: sent.key, result: 'queued' })
      },
      commit: async (end) => {
        this.end = end
        return true
      },
    }
  }
}
