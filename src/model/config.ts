/** How models are configured: data from `skein.config.ts`, and the environment handed in as data. */
import type { ModelRef } from '../kernel/index.ts'

/** Environment variables as data; the host passes its own. */
export type Env = Readonly<Record<string, string | undefined>>

/** A server that speaks OpenAI's Chat Completions. */
export type ProviderConfig = {
  /** Up to and including `/v1`. */
  readonly baseUrl: string
  /** Name of the environment variable that holds the key. Neither this nor `apiKey`: the server wants none. */
  readonly apiKeyEnv?: string
  readonly apiKey?: string
  readonly headers?: Readonly<Record<string, string>>
  /** `false` for a server that takes no JSON Schema: it is then put into the prompt. */
  readonly structuredOutputs?: boolean
  /** Output tokens of a call that does not say itself; also what a call reserves. */
  readonly maxOutputTokens?: number
}

/** US dollars per million tokens. */
export type Price = {
  readonly inputPerMTokUsd: number
  readonly outputPerMTokUsd: number
  /** Input read from the provider's cache; the full input price when absent. */
  readonly cachedInputPerMTokUsd?: number
  /** Input written to the provider's cache; the full input price when absent. */
  readonly cacheWritePerMTokUsd?: number
}

/** `models` in `skein.config.ts`. */
export type ModelsConfig = {
  readonly providers?: Readonly<Record<string, ProviderConfig>>
  /** Names of your own: `{ fast: 'openai/gpt-5.4-mini' }`, or an AI SDK provider object. */
  readonly aliases?: Readonly<Record<string, ModelRef>>
  /** By `provider/model`. */
  readonly prices?: Readonly<Record<string, Price>>
  /** Model calls in flight at once in one host; default 64. More only where the provider serves that many. */
  readonly concurrency?: number
}

/** Where models come from. */
export type ModelSources = {
  readonly env: Env
  readonly models?: ModelsConfig | undefined
  /** Stands in for the platform's own, for proxies and tests. */
  readonly fetch?: typeof fetch | undefined
}

/** A record's own member: names from users must not find `constructor`. */
export function ownMember<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}
