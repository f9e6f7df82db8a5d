/**
 * The driver of model calls: request data in, answer data and what it used out.
 *
 * Invariants:
 * 1. A request is sent again here only after a refusal before any work was done (429, 503, 529, no connection),
 *    at most `TRIES_MAX` times and never past the call's time-out. Anything in doubt is the kernel's to repeat,
 *    under a new attempt with its own reservation.
 * 2. The output limit that is reserved is the one that is sent.
 * 3. Nothing is waited for past the caller's abort.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { modelName, textOf } from '../kernel/index.ts'
import type { Driver, DriverResult, ModelCall, ModelRef, ModelRequest } from '../kernel/index.ts'
import { SkeinError } from '../std/index.ts'
import type { Clock, Random } from '../std/index.ts'
import { answerOf } from './answer.ts'
import type { ModelSources } from './config.ts'
import { Deadline } from './deadline.ts'
import { exchange } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { NOTHING_BILLED } from './failure.ts'
import type { ModelFailureData } from './failure.ts'
import { MODEL_CONCURRENCY_DEFAULT, OUTPUT_TOKENS_DEFAULT, QUOTE_CHARS_MAX, TRIES_MAX } from './limits.ts'
import { pauseMs, retryAfterMs } from './pause.ts'
import { priceOf, reservation } from './prices.ts'
import { callOptions } from './request.ts'
import { followAliases, providerConfig, providerOf, resolveModel } from './resolve.ts'

/** What a model driver needs. */
export type ModelDriverOptions = ModelSources & {
  readonly clock: Clock
  readonly random: Random
  /** Calls in flight at once; default: `concurrency` of `models`, else 64. */
  readonly concurrencyMax?: number
}

/** The driver of model calls of one host. */
export function modelDriver(options: ModelDriverOptions): Driver<ModelCall> {
  return {
    concurrencyMax: options.concurrencyMax ?? options.models?.concurrency ?? MODEL_CONCURRENCY_DEFAULT,
    reserve: ({ ref, request }) => {
      const name = nameOf(ref, options)
      return reservation(request, outputTokensMax(request, name, options), priceOf(name, options.models))
    },
    perform: (call) => perform(call, options),
  }
}

async function perform(call: ModelCall, options: ModelDriverOptions): Promise<DriverResult> {
  const { request, signal, timeoutMs } = call
  const model = reachable(call.ref, options)
  const name = nameOf(call.ref, options)
  const maxOutputTokens = outputTokensMax(request, name, options)
  const deadline = new Deadline({ clock: options.clock, timeoutMs, signal, name })
  const about = {
    name,
    deadline,
    onText: call.progress,
    options: callOptions(request, { maxOutputTokens, abortSignal: signal }),
  }
  const first = await exchange(model, about)
  const { result, notes } = first.ok
    ? { result: first.result, notes: [] }
    : await afterRefusal(first, () => exchange(model, about), { deadline, options })
  const { answer, actual } = answerOf(result, {
    request,
    maxOutputTokens,
    price: priceOf(name, options.models),
    notes,
  })
  if (answer.finishReason !== 'content-filter') return { value: answer, actual }
  const said = textOf(answer).slice(0, QUOTE_CHARS_MAX)
  const data: ModelFailureData = { actual }
  throw new SkeinError(
    'MODEL_REFUSED',
    `${name} refused, or its provider's content filter did${said === '' ? '' : `: ${said}`}; change the request`,
    { data },
  )
}

/** The model of a reference. One that cannot be called at all has cost nothing, whatever was reserved. */
function reachable(ref: ModelRef, sources: ModelSources): LanguageModelV4 {
  try {
    return resolveModel(ref, sources)
  } catch (thrown) {
    if (!SkeinError.isInstance(thrown)) throw thrown
    const data: ModelFailureData = { actual: NOTHING_BILLED }
    throw new SkeinError(thrown.code, thrown.message, { cause: thrown, data, retryable: thrown.retryable })
  }
}

type Refused = Extract<Exchange, { ok: false }>
type Served = { readonly result: Extract<Exchange, { ok: true }>['result']; readonly notes: readonly string[] }

/** Was refused: sends again until the server does its work, or refuses for good. */
async function afterRefusal(
  refused: Refused,
  send: () => Promise<Exchange>,
  about: { readonly deadline: Deadline; readonly options: ModelDriverOptions },
): Promise<Served> {
  const { deadline } = about
  const { clock, random } = about.options
  let waitedMs = 0
  for (let sent: Exchange = refused, refusals = 1; ; refusals += 1) {
    if (sent.ok) {
      const times = refusals - 1
      return {
        result: sent.result,
        notes: [`the server refused ${times} times before it answered; waited ${waitedMs} ms`],
      }
    }
    const askedMs = retryAfterMs(sent.headers, clock.now())
    const delayMs = pauseMs(refusals, askedMs, random)
    if (!sent.again || refusals >= TRIES_MAX || delayMs >= deadline.leftMs())
      throw withRefusals(sent.error, refusals, askedMs)
    await deadline.pause(delayMs)
    waitedMs += delayMs
    sent = await send()
  }
}

function withRefusals(error: SkeinError, refusals: number, askedMs: number | undefined): SkeinError {
  if (refusals === 1 && askedMs === undefined) return error
  const times = refusals === 1 ? '' : ` (tried ${refusals} times)`
  const asked = askedMs === undefined ? '' : ` (it asks to wait ${Math.ceil(askedMs / 1000)} s)`
  const data = {
    ...(error.data as ModelFailureData | undefined),
    ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }),
  }
  return new SkeinError(error.code, `${error.message}${times}${asked}`, {
    cause: error.cause,
    data,
    retryable: error.retryable,
  })
}

/** `provider/model` behind all aliases; a circle of aliases is reported when the call is performed. */
function nameOf(ref: ModelRef, options: ModelDriverOptions): string {
  try {
    return modelName(followAliases(ref, options.models))
  } catch {
    return modelName(ref)
  }
}

function outputTokensMax(request: ModelRequest, name: string, options: ModelDriverOptions): number {
  return (
    request.sampling?.maxOutputTokens ??
    providerConfig(providerOf(name), options)?.maxOutputTokens ??
    OUTPUT_TOKENS_DEFAULT
  )
}
