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

/** Performs one attempt; never rejects. */
export async function runAttempt(
  ask: EffectAsk,
  options: AttemptOptions,
  deps: KernelDeps,
  signal: AbortSignal,
): Promise<Settled> {
  using _slot = options.slot ?? { [Symbol.dispose]: () => undefined }
  if (signal.aborted) return { outcome: { type: 'cancelled' }, actual: {} }
  const abort = new AbortController()
  let timedOut = false
  const onAbort = (): void => abort.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  using _timer = deps.clock.timer(options.timeoutMs, () => {
    timedOut = true
    abort.abort(new SkeinError('EFFECT_TIMEOUT', `${ask.name} did not answer within ${options.timeoutMs} ms`))
  })
  const startedMs = deps.clock.monotonicMs()
  const tookMs = (): number => Math.min(options.timeoutMs, Math.ceil(deps.clock.monotonicMs() - startedMs))
  try {
    const result = await untilAborted(perform(ask, options, deps, abort.signal), abort.signal)
    return settlementOf(result, ask, options, tookMs())
  } catch (thrown) {
    if (options.act === 'reconcile')
      return {
        outcome: { type: 'unknown', why: `looking it up failed: ${toSkeinError(thrown).message}` },
        reconciled: 'unknown',
      }
    const aborted = signal.aborted && !timedOut
    const outcome = judge(thrown, {
      class: ask.class,
      idempotent: ask.idempotent,
      name: ask.name,
      timedOutMs: timedOut ? options.timeoutMs : undefined,
      aborted,
    })
    return { outcome, actual: actualOf(costOf(thrown), options.reserve, tookMs()) }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** A driver that ignores its signal must not hold the process: the race is decided by the signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
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

async function perform(
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
