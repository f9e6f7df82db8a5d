/**
 * Collects the parts of a stream into one result.
 *
 * Invariants:
 * 1. Content stands in the order in which its blocks began; metadata of a block is merged, later parts win.
 * 2. `begun` is true from the first part that a provider bills for: from then on nothing is asked again here.
 * 3. It holds at most `ANSWER_CHARS_MAX` characters; an answer without end fails.
 */
import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { SkeinError } from '../std/index.ts'
import { ANSWER_CHARS_MAX } from './limits.ts'

type Block = { type: 'text' | 'reasoning'; text: string; providerMetadata?: SharedV4ProviderMetadata }
type BlockPart = Extract<LanguageModelV4StreamPart, { type: `${'text' | 'reasoning'}-${'start' | 'delta' | 'end'}` }>
type Finish = Extract<LanguageModelV4StreamPart, { type: 'finish' }>

/** Takes the parts of one stream in order. */
export class Collector {
  begun = false
  /** The first error that came as a part of the stream. */
  error: { readonly value: unknown } | undefined
  readonly #content: LanguageModelV4Content[] = []
  readonly #open = new Map<string, Block>()
  readonly #warnings: SharedV4Warning[] = []
  #finish: Finish | undefined
  #modelId: string | undefined
  #chars = 0

  /** Takes the next part; returns its visible text, if any. Throws `MODEL_BAD_ANSWER` for an answer without end. */
  take(part: LanguageModelV4StreamPart): string {
    switch (part.type) {
      case 'text-start':
      case 'text-delta':
      case 'text-end':
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        return this.#takeBlock(part)
      case 'tool-input-start':
      case 'tool-input-end':
        this.begun = true
        return ''
      case 'tool-input-delta':
        this.#count(part.delta)
        return ''
      case 'stream-start':
        this.#warnings.push(...part.warnings)
        return ''
      case 'response-metadata':
        this.#modelId = part.modelId ?? this.#modelId
        return ''
      case 'error':
        this.error ??= { value: part.error }
        return ''
      case 'finish':
        this.#finish = part
        return ''
      case 'ping':
      case 'raw':
        return ''
      default:
        this.begun = true
        this.#content.push(part)
        return ''
    }
  }

  /** The result; undefined while the stream has not said that it is finished. */
  result(): LanguageModelV4GenerateResult | undefined {
    if (this.#finish === undefined) return undefined
    return {
      content: this.#content,
      finishReason: this.#finish.finishReason,
      usage: this.#finish.usage,
      warnings: this.#warnings,
      ...(this.#modelId === undefined ? {} : { response: { modelId: this.#modelId } }),
    }
  }

  #takeBlock(part: BlockPart): string {
    const type = part.type.startsWith('text') ? 'text' : 'reasoning'
    const key = `${type} ${part.id}`
    let block = part.type.endsWith('-start') ? undefined : this.#open.get(key)
    if (block === undefined) {
      block = { type, text: '' }
      this.#open.set(key, block)
      this.#content.push(block)
    }
    if (part.providerMetadata !== undefined)
      block.providerMetadata = { ...block.providerMetadata, ...part.providerMetadata }
    if (!('delta' in part)) return ''
    this.#count(part.delta)
    block.text += part.delta
    return type === 'text' ? part.delta : ''
  }

  #count(delta: string): void {
    this.begun = true
    this.#chars += delta.length
    if (this.#chars > ANSWER_CHARS_MAX) {
      throw new SkeinError(
        'MODEL_BAD_ANSWER',
        `the model does not end: more than ${ANSWER_CHARS_MAX} characters; set sampling.maxOutputTokens`,
      )
    }
  }
}
