/** One request to a model and its answer, streamed where the model can. */
import { APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import { SkeinError } from '../std/index.ts'
import { Collector } from './collect.ts'
import type { Deadline } from './deadline.ts'
import { noStream, requestFailure, streamCut, streamFailure } from './failure.ts'
import type { Failure } from './failure.ts'

type About = {
  /** `provider/model`, for errors. */
  readonly name: string
  readonly options: LanguageModelV4CallOptions
  readonly deadline: Deadline
  readonly onText: (text: string) => void
}

/** A result, or why there is none and whether the same request may be sent again at once. */
export type Exchange =
  | { readonly ok: true; readonly result: LanguageModelV4GenerateResult }
  | ({ readonly ok: false } & Failure)

/** Sends the request and reads the answer to its end. Rejects only with the reason of the deadline. */
export async function exchange(model: LanguageModelV4, about: About): Promise<Exchange> {
  const { deadline, name, options } = about
  try {
    const started = Promise.resolve(model.doStream(options))
    dropLate(started, deadline.signal)
    const { stream, response } = await deadline.race(started)
    const read = await readStream(stream, about)
    const contentType = response?.headers?.['content-type'] ?? 'stream'
    if (read.ok || read.error.code !== 'MODEL_STREAM_CUT' || contentType.includes('stream')) return read
    return broken(noStream(name, contentType))
  } catch (thrown) {
    deadline.signal.throwIfAborted()
    if (cannotStream(thrown)) return generate(model, about)
    return { ok: false, ...requestFailure(thrown, name) }
  }
}

async function generate(model: LanguageModelV4, { name, options, deadline }: About): Promise<Exchange> {
  try {
    return finished(await deadline.race(Promise.resolve(model.doGenerate(options))), name)
  } catch (thrown) {
    deadline.signal.throwIfAborted()
    return { ok: false, ...requestFailure(thrown, name) }
  }
}

/** A model that has only `doGenerate`: it says so, or it is the AI SDK's own mock with nothing to stream. */
function cannotStream(thrown: unknown): boolean {
  if (UnsupportedFunctionalityError.isInstance(thrown)) return /stream/i.test(thrown.functionality)
  return thrown instanceof Error && thrown.message === 'Not implemented'
}

/** A stream that arrives after the abort would hold its connection for ever. */
function dropLate(
  started: Promise<{ readonly stream: ReadableStream<LanguageModelV4StreamPart> }>,
  signal: AbortSignal,
): void {
  started
    .then(({ stream }) => (signal.aborted && !stream.locked ? stream.cancel(signal.reason) : undefined))
    .catch(() => undefined)
}

async function readStream(stream: ReadableStream<LanguageModelV4StreamPart>, about: About): Promise<Exchange> {
  const { name, deadline } = about
  const collector = new Collector()
  const reader = stream.getReader()
  // Cancelling ends a pending read at once, even where the source ignores its signal.
  const stop = (): void => void reader.cancel(deadline.signal.reason).catch(() => undefined)
  deadline.signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || deadline.signal.aborted) break
      const text = collector.take(value)
      if (text !== '') about.onText(text)
    }
  } catch (thrown) {
    stop()
    deadline.signal.throwIfAborted()
    return { ok: false, error: streamFailure(thrown, name), again: false, headers: {} }
  } finally {
    deadline.signal.removeEventListener('abort', stop)
  }
  deadline.signal.throwIfAborted()
  if (collector.error !== undefined) return errorInStream(collector.error.value, collector.begun, name)
  const result = collector.result()
  return result === undefined ? broken(streamCut(name)) : finished(result, name)
}

/** Only an error before the first word leaves the request free to be sent again. */
function errorInStream(value: unknown, begun: boolean, name: string): Exchange {
  if (value instanceof Error && !APICallError.isInstance(value)) return broken(streamFailure(value, name))
  const failure = requestFailure(value, name)
  if (!begun) return { ok: false, ...failure }
  const { actual: _, ...data } = failure.error.data as { actual?: unknown }
  return broken(
    new SkeinError(failure.error.code, failure.error.message, {
      cause: value,
      data,
      retryable: failure.error.retryable,
    }),
  )
}

function finished(result: LanguageModelV4GenerateResult, name: string): Exchange {
  switch (result.finishReason.unified) {
    case 'interrupted':
      return broken(streamCut(name))
    case 'error':
      return broken(
        new SkeinError(
          'MODEL_UNAVAILABLE',
          `${name} stopped because of an error of its own (${result.finishReason.raw ?? 'no reason given'}); try again`,
        ),
      )
    default:
      return { ok: true, result }
  }
}

function broken(error: SkeinError): Exchange {
  return { ok: false, error, again: false, headers: {} }
}
