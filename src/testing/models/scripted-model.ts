/**
 * A model that follows a script: what it says depends on the conversation alone, so that it says the same again
 * after a crash. It implements the AI SDK's provider interface and goes wherever a model goes.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

const CHARS_PER_TOKEN = 4

/** What the model says in one turn: text, an object as JSON text, tool calls, or an error that the call fails with. */
export type ScriptedTurn = {
  readonly text?: string
  readonly json?: unknown
  readonly calls?: readonly { readonly tool: string; readonly input: unknown }[]
  readonly error?: Error
}

/** What a script can look at. */
export type ScriptedCall = {
  /** Number of this model's own turns in the conversation so far. */
  readonly turn: number
  readonly options: LanguageModelV4CallOptions
  /** The outputs of the tools that its last turn called, in order. */
  readonly results: readonly unknown[]
}

/** Turns in order (the last one is repeated), or a function of the conversation; text stands for `{ text }`. */
export type Script =
  | readonly (ScriptedTurn | string)[]
  | ((call: ScriptedCall) => ScriptedTurn | string | Promise<ScriptedTurn | string>)

/** A scripted model, with the calls it was given. */
export interface ScriptedModel extends LanguageModelV4 {
  readonly calls: readonly LanguageModelV4CallOptions[]
}

/** A model that follows `script`; `provider/modelId` is its name. */
export function scriptedModel(
  script: Script,
  name: { readonly provider?: string; readonly modelId?: string } = {},
): ScriptedModel {
  const calls: LanguageModelV4CallOptions[] = []
  const answer = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> => {
    calls.push(options)
    const turn = options.prompt.filter((message) => message.role === 'assistant').length
    const said =
      typeof script === 'function'
        ? await script({ turn, options, results: resultsOf(options) })
        : (script[turn] ?? script.at(-1) ?? '')
    return resultOf(typeof said === 'string' ? { text: said } : said, turn, options)
  }
  return {
    specificationVersion: 'v4',
    provider: name.provider ?? 'scripted',
    modelId: name.modelId ?? 'model',
    supportedUrls: {},
    calls,
    doGenerate: answer,
    doStream: async (options) => ({ stream: streamOf(await answer(options)) }),
  }
}

/** The outputs that follow the last assistant message. */
function resultsOf({ prompt }: LanguageModelV4CallOptions): readonly unknown[] {
  const last = prompt.findLastIndex((message) => message.role === 'assistant')
  return prompt
    .slice(last + 1)
    .flatMap((message) =>
      message.role === 'tool'
        ? message.content.flatMap((part) =>
            part.type === 'tool-result' && 'value' in part.output ? [part.output.value] : [],
          )
        : [],
    )
}

function resultOf(turn: ScriptedTurn, n: number, options: LanguageModelV4CallOptions): LanguageModelV4GenerateResult {
  if (turn.error !== undefined) throw turn.error
  const text = turn.text ?? (turn.json === undefined ? undefined : JSON.stringify(turn.json))
  const calls = (turn.calls ?? []).map((call, i) => ({
    type: 'tool-call' as const,
    toolCallId: `call-${n}-${i}`,
    toolName: call.tool,
    input: JSON.stringify(call.input),
  }))
  const content: LanguageModelV4Content[] = [...(text === undefined ? [] : [{ type: 'text' as const, text }]), ...calls]
  const [input, output] = [options.prompt, content].map((value) =>
    Math.ceil(JSON.stringify(value).length / CHARS_PER_TOKEN),
  )
  return {
    content,
    finishReason: { unified: calls.length > 0 ? 'tool-calls' : 'stop', raw: undefined },
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: output, text: output, reasoning: 0 },
    },
    warnings: [],
  }
}

function streamOf({
  content,
  finishReason,
  usage,
  warnings,
}: LanguageModelV4GenerateResult): ReadableStream<LanguageModelV4StreamPart> {
  const parts: LanguageModelV4StreamPart[] = [{ type: 'stream-start', warnings }]
  for (const part of content) {
    if (part.type === 'text')
      parts.push(
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: part.text },
        { type: 'text-end', id: '0' },
      )
    else if (part.type === 'tool-call') parts.push(part)
  }
  parts.push({ type: 'finish', finishReason, usage })
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}
