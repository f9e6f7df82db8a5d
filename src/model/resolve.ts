/** From a reference to a model that can be called. */
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { ModelRef } from '../kernel/index.ts'
import { SkeinError } from '../std/index.ts'
import { ownMember } from './config.ts'
import type { ModelsConfig, ModelSources, ProviderConfig } from './config.ts'
import { OFFLINE, offlineModel } from './offline.ts'
import { openaiCompatibleModel } from './openai-compatible.ts'
import { asV4 } from './older-models.ts'

const OPENAI_BASE_URL_DEFAULT = 'https://api.openai.com/v1'

/** What an alias stands for in the end. Throws `MODEL_UNKNOWN` for a circle. */
export function followAliases(ref: ModelRef, models: ModelsConfig | undefined): ModelRef {
  const seen: string[] = []
  let target = ref
  for (;;) {
    const next: ModelRef | undefined = typeof target === 'string' ? ownMember(models?.aliases, target) : undefined
    if (next === undefined || typeof target !== 'string') return target
    seen.push(target)
    if (typeof next === 'string' && seen.includes(next)) {
      const circle = [...seen, next].join(' → ')
      throw new SkeinError(
        'MODEL_UNKNOWN',
        `the model alias ${circle} goes in a circle; let one stand for provider/model`,
      )
    }
    target = next
  }
}

/** How to reach a provider by its name: from the config, or `openai` from the environment. */
export function providerConfig(provider: string, sources: ModelSources): ProviderConfig | undefined {
  const configured = ownMember(sources.models?.providers, provider)
  if (configured !== undefined || provider !== 'openai') return configured
  return { baseUrl: sources.env['OPENAI_BASE_URL'] || OPENAI_BASE_URL_DEFAULT, apiKeyEnv: 'OPENAI_API_KEY' }
}

/** The provider's name in `provider/model`. */
export function providerOf(name: string): string {
  return name.split('/', 1)[0] ?? name
}

/** The model of a reference. Throws `MODEL_UNKNOWN`, `MODEL_AUTH` or `INPUT_INVALID`, with the mend. */
export function resolveModel(ref: ModelRef, sources: ModelSources): LanguageModelV4 {
  const target = followAliases(ref, sources.models)
  if (typeof target !== 'string') return asV4(target)
  const provider = providerOf(target)
  const modelId = target.slice(provider.length + 1)
  if (provider === OFFLINE) return offlineModel(modelId)
  const config = modelId === '' ? undefined : providerConfig(provider, sources)
  if (config === undefined) throw unknownModel(target, sources.models)
  return openaiCompatibleModel({
    provider,
    modelId,
    baseUrl: checkedUrl(provider, config.baseUrl),
    apiKey: keyOf(provider, config, sources),
    headers: config.headers,
    structuredOutputs: config.structuredOutputs ?? true,
    fetch: sources.fetch,
  })
}

function unknownModel(name: string, models: ModelsConfig | undefined): SkeinError {
  const providers = ['openai', OFFLINE, ...Object.keys(models?.providers ?? {})]
  const aliases = Object.keys(models?.aliases ?? {})
  const known = `providers: ${[...new Set(providers)].join(', ')}; aliases: ${aliases.join(', ') || 'none'}`
  const provider = name.includes('/') ? providerOf(name) : undefined
  const wrong =
    provider === undefined ? 'it is neither provider/model nor an alias' : `no provider is named "${provider}"`
  const example = `${JSON.stringify(provider ?? 'mine')}: { baseUrl: 'https://host/v1', apiKeyEnv: 'MY_KEY' }`
  const mend = `add models: { providers: { ${example} } } to skein.config.ts, or pass an AI SDK provider object`
  return new SkeinError('MODEL_UNKNOWN', `model "${name}" is unknown: ${wrong} (known ${known}); ${mend}`)
}

function checkedUrl(provider: string, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return baseUrl
  const where =
    provider === 'openai'
      ? 'OPENAI_BASE_URL or models.providers.openai.baseUrl'
      : `models.providers.${provider}.baseUrl`
  throw new SkeinError(
    'INPUT_INVALID',
    `${where} is "${baseUrl}", which is no http(s) URL; write something like https://host/v1`,
  )
}

function keyOf(provider: string, config: ProviderConfig, sources: ModelSources): string | undefined {
  if (config.apiKey !== undefined || config.apiKeyEnv === undefined) return config.apiKey
  const key = sources.env[config.apiKeyEnv]?.trim()
  if (key) return key
  const mend = `set the environment variable ${config.apiKeyEnv} (any text will do for a server that checks none)`
  throw new SkeinError(
    'MODEL_AUTH',
    `the key of model provider "${provider}" is missing; ${mend}, or use the model "${OFFLINE}"`,
  )
}
