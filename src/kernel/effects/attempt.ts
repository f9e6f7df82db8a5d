/** One attempt of an effect: runs the driver under its time-out and turns what comes back into a settlement. */
import { SkeinError, toSkeinError, unreachable } from '../../std/index.ts'
import type { EffectId, Pid } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import { parse } from '../definitions/schema.ts'
import { valueOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import type { Settled } from '../ports/activation.ts'
import type { DriverResult } from '../ports/driver.ts'
import type { KernelDeps } from '../ports/host.ts'
import type { LaneLimit } from '../gate/admission.ts'
import type { Abort } from './abort.ts'
import type { EffectAsk } from './ask.ts'
import { judge } from './judgement.ts'
import { recordedValue } from './recorded-value.ts'

/** Said in the record of an effect whose own answer never came (law 4: nothing is skipped in silence). */
const FOUND_DONE = 'looked up: it was done, not sent again'

type AttemptOptions = {
  readonly pid: Pid
  readonly id: EffectId
  readonly attempt: number
  readonly reserve: Amounts
  readonly timeoutMs: number
  /** Of a tool: what the schema made of its input, or (raw) the input as written. */
  readonly args: Payload | undefined
  readonly argsAreRaw: boolean
  readonly act: 'execute' | 'reconcile'
  readonly slot: Disposable | undefined
}

/**
 * Performs one attempt; never rejects. A driver that ignores its signal does not hold the process: its time-out and its
 * abort settle the attempt at once. What a driver answers at once is no promise here either, and needs no timer.
 */
export function runAttempt(
  ask: EffectAsk,
  options: AttemptOptions,
  deps: KernelDeps,
  abort: Abort,
): Settled | Promise<Settled> {
  if (abort.reason !== undefined) {
    options.slot?.[Symbol.dispose]()
    return { outcome: { type: 'cancelled' }, actual: {} }
  }
  return new Attempt(ask, options, deps, abort).run()
}

/** An attempt under way: it ends once, by its driver, its time-out or its abort. */
class Attempt {
  readonly #ask: EffectAsk
  readonly #options: AttemptOptions
  readonly #deps: KernelDeps
  readonly #abort: Abort
  readonly #startedMs: number
  #timer: Disposable | undefined
  #timedOut = false
  #settled: Settled | undefined
  #resolve: ((settled: Settled) => void) | undefined

  constructor(ask: EffectAsk, options: AttemptOptions, deps: KernelDeps, abort: Abort) {
    this.#ask = ask
    this.#options = options
    this.#deps = deps
    this.#abort = abort
    this.#startedMs = deps.clock.monotonicMs()
  }

  run(): Settled | Promise<Settled> {
    this.#abort.listen((reason) => this.#fail(reason))
    try {
      const result = perform(this.#ask, this.#options, this.#deps, this.#abort)
      if (!isThenable(result)) this.#succeed(result)
      else if (this.#settled === undefined) this.#wait(Promise.resolve(result))
      // Aborted while it began: nobody waits for it.
      else Promise.resolve(result).catch(() => undefined)
    } catch (thrown) {
      this.#fail(thrown)
    }
    return this.#settled ?? new Promise((resolve) => (this.#resolve = resolve))
  }

  #wait(result: Promise<DriverResult>): void {
    const { timeoutMs } = this.#options
    // What it did before it said that its answer comes later was part of its time.
    const leftMs = Math.max(0, timeoutMs - (this.#deps.clock.monotonicMs() - this.#startedMs))
    this.#timer = this.#deps.clock.timer(leftMs, () => {
      this.#timedOut = true
      this.#abort.abort(new SkeinError('EFFECT_TIMEOUT', `${this.#ask.name} did not answer within ${timeoutMs} ms`))
    })
    result.then(
      (value) => this.#succeed(value),
      (thrown: unknown) => this.#fail(thrown),
    )
  }

  #succeed(result: DriverResult): void {
    if (this.#settled !== undefined) return
    try {
      this.#end(settlementOf(result, this.#ask, this.#options, this.#tookMs()))
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  #fail(thrown: unknown): void {
    if (this.#settled !== undefined) return
    const about = {
      ask: this.#ask,
      options: this.#options,
      timedOut: this.#timedOut,
      aborted: this.#abort.reason !== undefined && !this.#timedOut,
      tookMs: this.#tookMs(),
    }
    let settled: Settled
    try {
      settled = failed(thrown, about)
    } catch (unreadable) {
      // What was thrown cannot even be looked at. Nobody stands behind this callback: it would end the host.
      settled = failed(unreadable, about)
    }
    this.#end(settled)
  }

  #end(settled: Settled): void {
    this.#settled = settled
    this.#timer?.[Symbol.dispose]()
    this.#abort.listen(undefined)
    this.#options.slot?.[Symbol.dispose]()
    this.#resolve?.(settled)
  }

  #tookMs(): number {
    return Math.min(this.#options.timeoutMs, Math.ceil(this.#deps.clock.monotonicMs() - this.#startedMs))
  }
}

/** Also a promise of another realm, or of somebody's own making. */
function isThenable(result: DriverResult | PromiseLike<DriverResult>): result is PromiseLike<DriverResult> {
  return 'then' in result && typeof result.then === 'function'
}

type Failing = {
  readonly ask: EffectAsk
  readonly options: AttemptOptions
  readonly timedOut: boolean
  readonly aborted: boolean
  readonly tookMs: number
}

function failed(thrown: unknown, { ask, options, timedOut, aborted, tookMs }: Failing): Settled {
  if (options.act === 'reconcile')
    return {
      outcome: { type: 'unknown', why: `looking it up failed: ${toSkeinError(thrown).message}` },
      reconciled: 'unknown',
    }
  const { class: effectClass, idempotent, name } = ask
  const timedOutMs = timedOut ? options.timeoutMs : undefined
  const outcome = judge(thrown, { class: effectClass, idempotent, name, timedOutMs, aborted })
  return { outcome, actual: actualOf(costOf(thrown), options.reserve, tookMs) }
}

function settlementOf(result: DriverResult, ask: EffectAsk, options: AttemptOptions, tookMs: number): Settled {
  if ('reconciled' in result)
    return {
      outcome: { type: 'unknown', why: result.why ?? `the far side said ${result.reconciled}` },
      reconciled: result.reconciled,
    }
  const actual = actualOf(result.actual, options.reserve, tookMs)
  if ('pending' in result) {
    const { token, expiresMs } = result.pending
    return { outcome: { type: 'unknown', why: 'its answer comes later' }, actual, pending: { token, expiresMs } }
  }
  const settled = { ...recordedValue(result.value, ask), actual }
  return options.act === 'reconcile' ? { ...settled, note: FOUND_DONE } : settled
}

/** What a driver knows a failed attempt has used: `data.actual` of its error. */
function costOf(thrown: unknown): Amounts | undefined {
  if (!SkeinError.isInstance(thrown) || typeof thrown.data !== 'object' || thrown.data === null) return undefined
  return (thrown.data as { readonly actual?: Amounts }).actual
}

/** What an attempt used: of money all that was reserved where the driver does not say; of time what we saw pass. */
function actualOf(actual: Amounts | undefined, reserve: Amounts, tookMs: number): Amounts {
  return { ...(actual ?? reserve), effectMs: tookMs }
}

/** What every driver is given. The signal is made for the one that looks at it. */
class Call {
  readonly id: EffectId
  readonly attempt: number
  readonly timeoutMs: number
  readonly progress: (text: string) => void
  readonly #abort: Abort

  constructor(
    { name, key }: EffectAsk,
    { pid, id, attempt, timeoutMs }: AttemptOptions,
    deps: KernelDeps,
    abort: Abort,
  ) {
    this.id = id
    this.attempt = attempt
    this.timeoutMs = timeoutMs
    this.progress = (text) => deps.trace({ type: 'progress', pid, name, key, attempt, text })
    this.#abort = abort
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }
}

function perform(
  ask: EffectAsk,
  options: AttemptOptions,
  deps: KernelDeps,
  abort: Abort,
): DriverResult | Promise<DriverResult> {
  const call = new Call(ask, options, deps, abort)
  const { work } = ask
  switch (work.kind) {
    case 'model':
      return deps.drivers.model.perform(Object.assign(call, { kind: work.kind, ref: work.ref, request: work.request }))
    case 'tool': {
      const given = valueOf(options.args ?? work.rawInput)
      const isParsed = options.args !== undefined && !options.argsAreRaw
      return deps.drivers.tool.perform(
        Object.assign(call, {
          kind: work.kind,
          name: ask.name,
          tool: work.tool,
          input: isParsed ? given : parse(work.tool.inputSchema, given, `input of tool ${ask.name}`),
          toolCallId: work.toolCallId,
          messages: work.messages,
          act: options.act,
        }),
      )
    }
    case 'step':
      return deps.drivers.step.perform(Object.assign(call, { kind: work.kind, name: ask.name, fn: work.fn }))
    default:
      return unreachable(work, 'kind of effect')
  }
}

/** The worst case of a call: by its driver, and the time we allow it. */
export function reservationOf(
  ask: EffectAsk,
  options: { readonly id: EffectId; readonly attempt: number; readonly timeoutMs: number },
  deps: KernelDeps,
): Amounts {
  return { ...driverReserve(ask, options, deps), effectMs: options.timeoutMs }
}

function driverReserve(
  ask: EffectAsk,
  options: { readonly id: EffectId; readonly attempt: number; readonly timeoutMs: number },
  deps: KernelDeps,
): Amounts {
  const base = { id: options.id, attempt: options.attempt, timeoutMs: options.timeoutMs }
  const { work } = ask
  switch (work.kind) {
    case 'model':
      return deps.drivers.model.reserve({ ...base, kind: 'model', ref: work.ref, request: work.request })
    case 'tool':
      return deps.drivers.tool.reserve({
        ...base,
        kind: 'tool',
        name: ask.name,
        tool: work.tool,
        input: undefined,
        toolCallId: work.toolCallId,
        messages: work.messages,
        act: 'execute',
      })
    case 'step':
      return deps.drivers.step.reserve({ ...base, kind: 'step', name: ask.name, fn: work.fn })
    default:
      return unreachable(work, 'kind of effect')
  }
}

/** The lanes an effect runs in. */
export function lanesOf(ask: EffectAsk, deps: KernelDeps): readonly LaneLimit[] {
  const { work } = ask
  const lanes: LaneLimit[] = [{ lane: work.kind, limit: deps.drivers[work.kind].concurrencyMax }]
  if (work.kind === 'tool' && work.tool.concurrency !== undefined)
    lanes.push({ lane: `tool:${ask.name}`, limit: work.tool.concurrency })
  return lanes
}
