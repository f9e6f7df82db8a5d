/** OpenAI Agents: `Runner.run` with a model of our own, tracing off; it keeps nothing. */
import { Agent, Runner, setTracingDisabled, tool, Usage } from '@openai/agents'
import { z } from 'zod'
import { measure, settings } from '../../cells/steps/measure.ts'
import { add, modelDelay, STEPS } from '../../cells/steps/task.ts'

const TURNS_MAX = 50

setTracingDisabled(true)
const given = settings()
const model = {
  async getResponse({ input }) {
    await modelDelay(given.atOnce)
    const n = input.filter((item) => item.type === 'function_call_result').length
    const usage = new Usage({ requests: 1, inputTokens: 10, outputTokens: 5, totalTokens: 15 })
    const output =
      n < STEPS
        ? {
            type: 'function_call',
            id: `f${n}`,
            callId: `c${n}`,
            name: 'add',
            status: 'completed',
            arguments: `{"a":${n},"b":1}`,
          }
        : {
            type: 'message',
            id: 'm',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: 'done' }],
          }
    return { usage, output: [output] }
  },
  getStreamedResponse() {
    throw new Error('the task does not stream')
  },
}
const calculator = new Agent({
  name: 'calculator',
  instructions: 'You add numbers.',
  model,
  tools: [
    tool({
      name: 'add',
      description: 'Adds.',
      parameters: z.object({ a: z.number(), b: z.number() }),
      execute: add,
    }),
  ],
})
const runner = new Runner({ tracingDisabled: true })
await measure(given, async () => {
  const result = await runner.run(calculator, 'go', { maxTurns: TURNS_MAX })
  if (result.rawResponses.length !== STEPS + 1) throw new Error(`${result.rawResponses.length} model calls`)
  return result.finalOutput
})
