/** From a provider's result to an answer that is data, and what it cost. */
import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4ToolCall,
  SharedV4Warning,
} from '@ai-sdk/provider'
import type {
  Amounts,
  FinishReason,
  ModelAnswer,
  ModelRequest,
  ReasoningPart,
  TextPart,
  ToolCallPart,
} from '../kernel/index.ts'
import type { Price } from './config.ts'
import { isPlainData } from './plain-data.ts'
import { costMicroUsd, inputTokensBound } from './prices.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type AnswerPart = TextPart | ReasoningPart | ToolCallPart

type AboutCall = {
  readonly request: ModelRequest
  /** The limit that was sent. */
  readonly maxOutputTokens: number
  readonly price: Price | undefined
  /** What happened on the way. */
  readonly notes: readonly string[]
}

/** The answer as data, with what it used. */
export function answerOf(
  result: LanguageModelV4GenerateResult,
  call: AboutCall,
): { readonly answer: ModelAnswer; readonly actual: Amounts } {
  const notes = [...call.notes, ...result.warnings.map(warningText)]
  const content = result.content.flatMap((part) => answerPart(part, notes))
  const finishReason = finishReasonOf(result)
  if (finishReason === 'length' && call.request.sampling?.maxOutputTokens === undefined) {
    notes.push(`cut at ${call.maxOutputTokens} output tokens, the default; set sampling.maxOutputTokens for more`)
  }
  const { inputTokens, outputTokens } = result.usage
  if (inputTokens.total === undefined || outputTokens.total === undefined) {
    notes.push('the provider reported no usage; the tokens are an upper bound from the bytes')
  }
  const input = inputTokens.total ?? inputTokensBound(call.request)
  const output = outputTokens.total ?? Math.min(Buffer.byteLength(JSON.stringify(content)), call.maxOutputTokens)
  const cost = call.price === undefined ? undefined : costMicroUsd(call.price, input, output, inputTokens)
  const usage: Writable<ModelAnswer['usage']> = { inputTokens: input, outputTokens: output }
  if (inputTokens.cacheRead !== undefined) usage.cachedInputTokens = inputTokens.cacheRead
  if (outputTokens.reasoning !== undefined) usage.reasoningTokens = outputTokens.reasoning
  const answer: Writable<ModelAnswer> = { content, finishReason, usage }
  const modelId = result.response?.modelId
  if (modelId !== undefined) answer.modelId = modelId
  if (cost !== undefined) answer.costMicroUsd = cost
  if (notes.length > 0) answer.notes = notes
  return {
    answer,
    actual: { modelCalls: 1, tokens: input + output, ...(cost === undefined ? {} : { microUsd: cost }) },
  }
}

function finishReasonOf(result: LanguageModelV4GenerateResult): FinishReason {
  const reason = result.finishReason.unified
  return reason === 'interrupted' ? 'error' : reason
}

function answerPart(part: LanguageModelV4Content, notes: string[]): AnswerPart[] {
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const options = keptOptions(part.providerMetadata, notes)
      return part.text === '' && options.providerOptions === undefined
        ? []
        : [{ type: part.type, text: part.text, ...options }]
    }
    case 'tool-call':
      if (part.providerExecuted === true)
        return left(`the call of ${part.toolName}, which the provider ran itself`, notes)
      return [toolCallPart(part, notes)]
    case 'tool-result':
      return left(`the result of ${part.toolName}, which the provider ran itself`, notes)
    default:
      return left(`a part of type ${part.type}`, notes)
  }
}

function left(what: string, notes: string[]): AnswerPart[] {
  notes.push(`not kept of the answer: ${what}`)
  return []
}

/** Arguments that are not JSON stay as the text they are, so that the model can be told. */
function toolCallPart(part: LanguageModelV4ToolCall, notes: string[]): ToolCallPart {
  const options = keptOptions(part.providerMetadata, notes)
  const call = { type: 'tool-call' as const, toolCallId: part.toolCallId, toolName: part.toolName, ...options }
  try {
    const input: unknown = part.input.trim() === '' ? {} : JSON.parse(part.input)
    if (isPlainData(input)) return { ...call, input }
    notes.push(
      `the arguments of ${part.toolName} (${part.toolCallId}) hold numbers or depths that are not data; kept as text`,
    )
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    notes.push(`the arguments of ${part.toolName} (${part.toolCallId}) are not JSON (${why}); kept as text`)
  }
  return { ...call, input: part.input }
}

/** What a provider wants back at the next turn, such as the signature of its reasoning. */
function keptOptions(
  metadata: Record<string, unknown> | undefined,
  notes: string[],
): { readonly providerOptions?: Record<string, unknown> } {
  if (metadata === undefined || Object.values(metadata).every((member) => isEmpty(member))) return {}
  if (isPlainData(metadata)) return { providerOptions: metadata }
  notes.push('not kept of the answer: provider metadata that is not data')
  return {}
}

function isEmpty(member: unknown): boolean {
  return typeof member === 'object' && member !== null && Object.keys(member).length === 0
}

function inBrackets(details: string | undefined): string {
  return details === undefined ? '' : ` (${details})`
}

function warningText(warning: SharedV4Warning): string {
  switch (warning.type) {
    case 'unsupported':
      return `ignored by the provider: ${warning.feature}${inBrackets(warning.details)}`
    case 'compatibility':
      return `only emulated by the provider: ${warning.feature}${inBrackets(warning.details)}`
    case 'deprecated':
      return `deprecated: ${warning.setting} (${warning.message})`
    case 'other':
      return warning.message
  }
}
