/** What a call may cost at worst, and what it did cost. Dollars per million tokens are micro-dollars per token. */
import type { LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Amounts, ChatMessage, ModelRequest, ToolSpec } from '../kernel/index.ts'
import { isPlainJson } from '../std/index.ts'
import { ownMember } from './config.ts'
import type { ModelsConfig, Price } from './config.ts'
import { FILE_TOKENS_MAX, FRAMING_TOKENS_MAX } from './limits.ts'

/**
 * Upper bounds of conversations: an agent shows the same list at every step, and only appends to it. So the messages that
 * were counted are looked at no more, as long as the last of them is where it was; nobody changes a message.
 */
const boundOfList = new WeakMap<readonly ChatMessage[], Counted>()
type Counted = { count: number; last: ChatMessage | undefined; bound: number }
/** The same of the tools of an agent. */
const boundOfTools = new WeakMap<readonly ToolSpec[], number>()
const NO_TOOLS: readonly ToolSpec[] = []

/** The price of `provider/model`; a provider object's `openai.responses/x` goes by `openai/x` too. */
export function priceOf(name: string, models: ModelsConfig | undefined): Price | undefined {
  const prices = models?.prices
  if (prices === undefined) return undefined
  return ownMember(prices, name) ?? ownMember(prices, name.replace(/^([^./]+)\.[^/]*\//, '$1/'))
}

/** An upper bound of the tokens of a request: no tokenizer makes more tokens of a text than it has bytes. */
export function inputTokensBound(request: ModelRequest): number {
  const bound = FRAMING_TOKENS_MAX + toolsBound(request.tools ?? NO_TOOLS) + messagesBound(request.messages)
  return request.output === undefined ? bound : bound + jsonBytes(request.output) + FRAMING_TOKENS_MAX
}

/** The worst case of a call. */
export function reservation(request: ModelRequest, maxOutputTokens: number, price: Price | undefined): Amounts {
  const input = inputTokensBound(request)
  const calls = { modelCalls: 1, tokens: input + maxOutputTokens }
  if (price === undefined) return calls
  const dearest = Math.max(price.inputPerMTokUsd, price.cachedInputPerMTokUsd ?? 0, price.cacheWritePerMTokUsd ?? 0)
  return { ...calls, microUsd: Math.ceil(input * dearest + maxOutputTokens * price.outputPerMTokUsd) }
}

/** What an answer cost, in millionths of a dollar, rounded up. */
export function costMicroUsd(
  price: Price,
  input: number,
  output: number,
  usage: LanguageModelV4Usage['inputTokens'],
): number {
  const read = Math.min(usage.cacheRead ?? 0, input)
  const written = Math.min(usage.cacheWrite ?? 0, input - read)
  const full = price.inputPerMTokUsd
  const inputCost =
    (input - read - written) * full +
    read * (price.cachedInputPerMTokUsd ?? full) +
    written * (price.cacheWritePerMTokUsd ?? full)
  return Math.ceil(inputCost + output * price.outputPerMTokUsd)
}

function toolsBound(tools: readonly ToolSpec[]): number {
  let bound = boundOfTools.get(tools)
  if (bound === undefined) {
    bound = tools.reduce((sum, tool) => sum + jsonBytes(tool) + FRAMING_TOKENS_MAX, 0)
    boundOfTools.set(tools, bound)
  }
  return bound
}

function messagesBound(messages: readonly ChatMessage[]): number {
  let counted = boundOfList.get(messages)
  const isGrown = counted !== undefined && counted.count > 0 && messages[counted.count - 1] === counted.last
  if (counted === undefined || !isGrown) boundOfList.set(messages, (counted = { count: 0, last: undefined, bound: 0 }))
  while (counted.count < messages.length) {
    const message = messages[counted.count]!
    counted.bound += messageBound(message)
    counted.count += 1
    counted.last = message
  }
  return counted.bound
}

function messageBound(message: ChatMessage): number {
  let bound = FRAMING_TOKENS_MAX
  if (typeof message.content === 'string') bound += Buffer.byteLength(message.content)
  else for (const part of message.content) bound += FRAMING_TOKENS_MAX + partBound(part)
  return bound
}

function partBound(part: Exclude<ChatMessage['content'], string>[number]): number {
  switch (part.type) {
    case 'text':
      return Buffer.byteLength(part.text)
    case 'file':
      return part.mediaType.startsWith('image') ? FILE_TOKENS_MAX : Math.max(part.data.length, FILE_TOKENS_MAX)
    default:
      return jsonBytes(part)
  }
}

function jsonBytes(value: unknown): number {
  if (isPlainJson(value)) return Buffer.byteLength(JSON.stringify(value))
  return Buffer.byteLength(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ?? '',
  )
}
