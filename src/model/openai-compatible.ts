/**
 * A model behind any server that speaks OpenAI's Chat Completions, by the AI SDK's own client.
 * The client is loaded at the first call: it costs tens of milliseconds, and most processes never ask it.
 */
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { strictForm } from './strict-schema.ts'

type ServerModel = {
  readonly provider: string
  readonly modelId: string
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly structuredOutputs: boolean
  readonly fetch: typeof fetch | undefined
}

/** The model; nothing is sent before its first call. */
export function openaiCompatibleModel(server: ServerModel): LanguageModelV4 {
  let loading: Promise<LanguageModelV4> | undefined
  const loaded = (): Promise<LanguageModelV4> => (loading ??= client(server))
  return {
    specificationVersion: 'v4',
    provider: server.provider,
    modelId: server.modelId,
    supportedUrls: {},
    doGenerate: async (options) => (await loaded()).doGenerate(fitted(options, server)),
    doStream: async (options) => (await loaded()).doStream(fitted(options, server)),
  }
}

async function client(server: ServerModel): Promise<LanguageModelV4> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const provider = createOpenAICompatible({
    name: server.provider,
    baseURL: server.baseUrl,
    includeUsage: true,
    supportsStructuredOutputs: server.structuredOutputs,
    ...(server.apiKey === undefined ? {} : { apiKey: server.apiKey }),
    ...(server.headers === undefined ? {} : { headers: { ...server.headers } }),
    ...(server.fetch === undefined ? {} : { fetch: server.fetch }),
    ...(new URL(server.baseUrl).hostname === 'api.openai.com' ? { transformRequestBody: withNewLimitName } : {}),
  })
  return provider.chatModel(server.modelId)
}

/** OpenAI's reasoning models refuse `max_tokens`; its others take the new name too, other servers often do not. */
function withNewLimitName({ max_tokens: limit, ...body }: Record<string, unknown>): Record<string, unknown> {
  return limit === undefined ? body : { ...body, max_completion_tokens: limit }
}

/** Typed output as this server can take it: by strict schema, by loose schema, or in words. */
function fitted(options: LanguageModelV4CallOptions, server: ServerModel): LanguageModelV4CallOptions {
  const format = options.responseFormat
  if (format?.type !== 'json' || format.schema === undefined) return options
  if (!server.structuredOutputs) {
    const order = `Answer with JSON only, no prose. It must fit this JSON Schema: ${JSON.stringify(format.schema)}`
    return {
      ...options,
      prompt: [{ role: 'system', content: order }, ...options.prompt],
      responseFormat: { type: 'json' },
    }
  }
  const strict = strictForm(format.schema as Record<string, unknown>)
  const own = { strictJsonSchema: strict !== undefined, ...options.providerOptions?.['openaiCompatible'] }
  return {
    ...options,
    responseFormat: { ...format, schema: strict ?? format.schema },
    providerOptions: { ...options.providerOptions, openaiCompatible: own },
  }
}
