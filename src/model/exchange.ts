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
export function exchange(model: LanguageModelV4, about: About): Promise<Exchange> {
  const talk = new Talk(model, about)
  return about.deadline.race(talk.outcome(), () => talk.cancel())
}

/** One request on its way. */
class Talk {
  readonly #model: LanguageModelV4
  readonly #about: About
  #reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined

  constructor(model: LanguageModelV4, about: About) {
    this.#model = model
    this.#about = about
  }

  /** Nobody waits any more. Cancelling ends a pending read at once, even where the source ignores its signal. */
  cancel(): void {
    this.#reader?.cancel(this.#about.deadline.signal.reason).catch(() => undefined)
  }

  /** Never rejects. */
  async outcome(): Promise<Exchange> {
    const { name, options } = this.#about
    try {
      const { stream, response } = await this.#model.doStream(options)
      const read = await this.#read(stream)
      const contentType = response?.headers?.['content-type'] ?? 'stream'
      if (read.ok || read.error.code !== 'MODEL_STREAM_CUT' || contentType.includes('stream')) return read
      return broken(noStream(name, contentType))
    } catch (thrown) {
      if (cannotStream(thrown) && !this.#about.deadline.signal.aborted) return this.#generate()
      return { ok: false, ...requestFailure(thrown, name) }
    }
  }

  async #generate(): Promise<Exchange> {
    const { name, options } = this.#about
    try {
      return finished(await this.#model.doGenerate(options), name)
    } catch (thrown) {
      return { ok: false, ...requestFailure(thrown, name) }
    }
  }

  async #read(stream: ReadableStream<LanguageModelV4StreamPart>): Promise<Exchange> {
    const { name, deadline, onText } = this.#about
    const collector = new Collector()
    const reader = stream.getReader()
    this.#reader = reader
    // A stream that arrives after the abort would hold its connection for ever.
    if (deadline.signal.aborted) this.cancel()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || deadline.signal.aborted) break
        const text = collector.take(value)
        if (text !== '') onText(text)
      }
    } catch (thrown) {
      this.cancel()
      return { ok: false, error: streamFailure(thrown, name), again: false, headers: {} }
    }
    if (collector.error !== undefined) return errorInStream(collector.error.value, collector.begun, name)
    const result = collector.result()
    return result === undefined ? broken(streamCut(name)) : finished(result, name)
  }
}

/** A model that has only `doGenerate`: it says so, or it is the AI SDK's own mock with nothing to stream. */
function cannotStream(thrown: unknown): boolean {
  if (UnsupportedFunctionalityError.isInstance(thrown)) return /stream/i.test(thrown.functionality)
  return thrown instanceof Error && thrown.message === 'Not implemented'
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
