/**
 * The task of all `steps` cells: ten times a model call and a tool call, then the answer. The model is in this process,
 * stateless and lean: how far a run has come it counts in the conversation, and it keeps nothing.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import type {
  LanguageModelV4,
  LanguageModelV4GenerateResult,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

/** Model calls with a tool call, per run. */
export const STEPS = 10
/** How long the model takes where all runs are to be alive at once. */
const MODEL_MS = 20
/** From so many runs at once on. */
const MANY = 1_000
const NOTE = 'x'.repeat(64)
const USAGE = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}

/** What the tool takes. */
export const addInput = z.object({ a: z.number(), b: z.number() })
/** Tool calls so far. */
export const counted = { calls: 0 }

/** The tool. */
export function add({ a, b }: { readonly a: number; readonly b: number }): {
  readonly sum: number
  readonly note: string
} {
  counted.calls += 1
  return { sum: a + b, note: NOTE }
}

/** Waits as long as a model that serves so many runs at once. */
export function modelDelay(atOnce: number): Promise<unknown> {
  return atOnce < MANY ? setImmediate() : setTimeout(MODEL_MS)
}

/** The model, as a provider of the AI SDK. */
export function mockModel(atOnce: number): LanguageModelV4 {
  const answer = async (prompt: readonly LanguageModelV4Message[]): Promise<LanguageModelV4GenerateResult> => {
    await modelDelay(atOnce)
    const n = toolResultsIn(prompt)
    return {
      content: [n < STEPS ? toolCall(n) : { type: 'text', text: 'done' }],
      finishReason: { unified: n < STEPS ? 'tool-calls' : 'stop', raw: undefined },
      usage: USAGE,
      warnings: [],
    }
  }
  return {
    specificationVersion: 'v4',
    provider: 'mock',
    modelId: 'steps',
    supportedUrls: {},
    doGenerate: ({ prompt }) => answer(prompt),
    doStream: async ({ prompt }) => ({ stream: streamOf(await answer(prompt)) }),
  }
}

function toolCall(n: number) {
  return { type: 'tool-call', toolCallId: `c${n}`, toolName: 'add', input: `{"a":${n},"b":1}` } as const
}

function toolResultsIn(prompt: readonly LanguageModelV4Message[]): number {
  let count = 0
  for (const { role } of prompt) if (role === 'tool') count += 1
  return count
}

function streamOf({ content, finishReason, usage }: LanguageModelV4GenerateResult) {
  return new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: [] })
      for (const part of content) {
        if (part.type === 'tool-call') controller.enqueue(part)
        else if (part.type === 'text') {
          controller.enqueue({ type: 'text-start', id: '0' })
          controller.enqueue({ type: 'text-delta', id: '0', delta: part.text })
          controller.enqueue({ type: 'text-end', id: '0' })
        }
      }
      controller.enqueue({ type: 'finish', finishReason, usage })
      controller.close()
    },
  })
}
