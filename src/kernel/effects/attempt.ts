/** One attempt of an effect: runs the driver under its time-out and turns what comes back into a settlement. */
import { SkeinError, toSkeinError, unreachable } from '../../std/index.ts'
import type { EffectId, Pid } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import { parse } from '../definitions/schema.ts'
import { valueOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import type { PerformAbout, Settled } from '../ports/activation.ts'
import type { DriverResult } from '../ports/driver.ts'
import type { KernelDeps } from '../ports/host.ts'
import type { LaneLimit } from '../gate/admission.ts'
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
 * abort settle the attempt at once.
 */
export function runAttempt(
  ask: EffectAsk,
  options: AttemptOptions,
  deps: KernelDeps,
  { signal, abort }: Pick<PerformAbout, 'signal' | 'abort'>,
): Promise<Settled> {
  if (signal.aborted) {
    options.slot?.[Symbol.dispose]()
    return Promise.resolve({ outcome: { type: 'cancelled' }, actual: {} })
  }
  return new Promise((resolve) => {
    const { clock } = deps
    const startedMs = clock.monotonicMs()
    const tookMs = (): number => Math.min(options.timeoutMs, Math.ceil(clock.monotonicMs() - startedMs))
    let timedOut = false
    let isOver = false
    const end = (settled: Settled): void => {
      isOver = true
      timer[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
      options.slot?.[Symbol.dispose]()
      resolve(settled)
    }
    const fail = (thrown: unknown): void => {
      if (isOver) return
      const about = { ask, options, timedOut, aborted: signal.aborted && !timedOut, tookMs: tookMs() }
      let settled: Settled
      try {
        settled = failed(thrown, about)
      } catch (unreadable) {
        // What was thrown cannot even be looked at. Nobody stands behind this callback: it would end the host.
        settled = failed(unreadable, about)
      }
      end(settled)
    }
    const succeed = (result: DriverResult): void => {
      if (isOver) return
      try {
        end(settlementOf(result, ask, options, tookMs()))
      } catch (thrown) {
        fail(thrown)
      }
    }
    const onAbort = (): void => fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const timer = clock.timer(options.timeoutMs, () => {
      timedOut = true
      abort(new SkeinError('EFFECT_TIMEOUT', `${ask.name} did not answer within ${options.timeoutMs} ms`))
    })
    try {
      perform(ask, options, deps, signal).then(succeed, fail)
    } catch (thrown) {
      fail(thrown)
    }
  })
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

function perform(
  ask: EffectAsk,
  options: AttemptOptions,
  deps: KernelDeps,
  signal: AbortSignal,
): Promise<DriverResult> {
  const { pid, attempt } = options
  const base = {
    id: options.id,
    attempt,
    signal,
    timeoutMs: options.timeoutMs,
    progress: (text: string) => deps.trace({ type: 'progress', pid, name: ask.name, key: ask.key, attempt, text }),
  }
  const { work } = ask
  switch (work.kind) {
    case 'model':
      return deps.drivers.model.perform({ ...base, kind: 'model', ref: work.ref, request: work.request })
    case 'tool': {
      const given = valueOf(options.args ?? work.rawInput)
      const isParsed = options.args !== undefined && !options.argsAreRaw
      const input = isParsed ? given : parse(work.tool.inputSchema, given, `input of tool ${ask.name}`)
      return deps.drivers.tool.perform({
        ...base,
        kind: 'tool',
        name: ask.name,
        tool: work.tool,
        input,
        toolCallId: work.toolCallId,
        messages: work.messages,
        act: options.act,
      })
    }
    case 'step':
      return deps.drivers.step.perform({ ...base, kind: 'step', name: ask.name, fn: work.fn })
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
