/** Models of older versions of the AI SDK's provider interface, as the current one. */
import type {
  LanguageModelV2,
  LanguageModelV2StreamPart,
  LanguageModelV3,
  LanguageModelV3StreamPart,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from '@ai-sdk/provider'
import type { ModelRef } from '../kernel/index.ts'
import { SkeinError } from '../std/index.ts'

type Older = LanguageModelV2 | LanguageModelV3
type OlderResult = Awaited<ReturnType<Older['doGenerate']>>

/** The model itself, or an adapter around an older one. Throws `MODEL_UNKNOWN` for what is no model. */
export function asV4(ref: Exclude<ModelRef, string>): LanguageModelV4 {
  const model = ref as unknown as LanguageModelV4 | Older
  if (typeof model.doStream === 'function' && typeof model.doGenerate === 'function') {
    if (model.specificationVersion === 'v4') return model
    if (model.specificationVersion === 'v3' || model.specificationVersion === 'v2') return adapted(model)
  }
  const what = `the object ${ref.provider}/${ref.modelId} (specification ${ref.specificationVersion})`
  const mend = 'pass what a provider package of the AI SDK returns, such as openai("gpt-5.4")'
  throw new SkeinError('MODEL_UNKNOWN', `${what} is no language model of version v2, v3 or v4; ${mend}`)
}

function adapted(model: Older): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls
    },
    async doGenerate(options) {
      const result: OlderResult = await model.doGenerate(olderOptions(options) as never)
      return {
        ...result,
        content: result.content.map((part) => taggedFile(part) as LanguageModelV4Content),
        finishReason: newerFinishReason(result.finishReason),
        usage: newerUsage(result.usage),
        warnings: newerWarnings(result.warnings),
      }
    },
    async doStream(options) {
      const result = await model.doStream(olderOptions(options) as never)
      const stream = result.stream as ReadableStream<LanguageModelV2StreamPart | LanguageModelV3StreamPart>
      return {
        ...result,
        stream: stream.pipeThrough(new TransformStream({ transform: (part, to) => to.enqueue(newerPart(part)) })),
      }
    },
  }
}

/** Until v3 the data of a file stood untagged. */
function olderOptions(options: LanguageModelV4CallOptions): object {
  return { ...options, prompt: options.prompt.map(olderMessage) }
}

function olderMessage(message: LanguageModelV4Message): object {
  if (message.role !== 'user') return message
  const content = message.content.map((part) => {
    if (part.type !== 'file') return part
    return {
      ...part,
      data: part.data.type === 'url' ? part.data.url : part.data.type === 'data' ? part.data.data : part.data,
    }
  })
  return { ...message, content }
}

function newerPart(part: LanguageModelV2StreamPart | LanguageModelV3StreamPart): LanguageModelV4StreamPart {
  switch (part.type) {
    case 'stream-start':
      return { type: 'stream-start', warnings: newerWarnings(part.warnings) }
    case 'finish':
      return {
        ...part,
        finishReason: newerFinishReason(part.finishReason),
        usage: newerUsage(part.usage),
      }
    default:
      return taggedFile(part) as LanguageModelV4StreamPart
  }
}

function taggedFile(part: { readonly type: string }): object {
  return part.type === 'file' && 'data' in part ? { ...part, data: { type: 'data', data: part.data } } : part
}

function newerFinishReason(reason: OlderResult['finishReason']): LanguageModelV4FinishReason {
  if (typeof reason !== 'string') return reason
  return { unified: reason === 'unknown' ? 'other' : reason, raw: undefined }
}

function newerUsage(usage: OlderResult['usage']): LanguageModelV4Usage {
  if (typeof usage.inputTokens === 'object') return usage as LanguageModelV4Usage
  const flat = usage as Awaited<ReturnType<LanguageModelV2['doGenerate']>>['usage']
  return {
    inputTokens: {
      total: flat.inputTokens,
      noCache: undefined,
      cacheRead: flat.cachedInputTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: flat.outputTokens, text: undefined, reasoning: flat.reasoningTokens },
  }
}

function newerWarnings(warnings: OlderResult['warnings']): SharedV4Warning[] {
  return warnings.map((warning) => {
    switch (warning.type) {
      case 'unsupported-setting':
        return unsupported(String(warning.setting), warning.details)
      case 'unsupported-tool':
        return unsupported(`tool ${warning.tool.name}`, warning.details)
      default:
        return warning
    }
  })
}

function unsupported(feature: string, details: string | undefined): SharedV4Warning {
  return { type: 'unsupported', feature, ...(details === undefined ? {} : { details }) }
}
