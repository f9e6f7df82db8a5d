/** LangGraph's ReAct agent: without a saver, with its saver in memory, and with its SQLite saver, as they come. */
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { MemorySaver } from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import { z } from 'zod'
import { measure, settings } from '../../cells/steps/measure.ts'
import { add, modelDelay, STEPS } from '../../cells/steps/task.ts'

const RECURSION_MAX = 100
/** The question, a call and a result for each step, the answer. */
const MESSAGES = 2 * STEPS + 2

class MockModel extends BaseChatModel {
  _llmType() {
    return 'mock'
  }

  bindTools() {
    return this
  }

  async _generate(messages) {
    await modelDelay(given.atOnce)
    const n = messages.filter((message) => message.getType() === 'tool').length
    const usage_metadata = { input_tokens: 10, output_tokens: 5, total_tokens: 15 }
    const message =
      n < STEPS
        ? new AIMessage({
            content: '',
            tool_calls: [{ id: `c${n}`, name: 'add', args: { a: n, b: 1 }, type: 'tool_call' }],
            usage_metadata,
          })
        : new AIMessage({ content: 'done', usage_metadata })
    return { generations: [{ text: message.text, message }] }
  }
}

const given = settings()
const folder = mkdtempSync(join(tmpdir(), 'langgraph-bench-'))
const savers = {
  none: () => undefined,
  memory: () => new MemorySaver(),
  folder: () => SqliteSaver.fromConnString(join(folder, 'threads.db')),
}
const calculator = createReactAgent({
  llm: new MockModel({}),
  prompt: 'You add numbers.',
  tools: [
    tool(async (input) => JSON.stringify(add(input)), {
      name: 'add',
      description: 'Adds.',
      schema: z.object({ a: z.number(), b: z.number() }),
    }),
  ],
  checkpointSaver: savers[given.store](),
})
try {
  await measure(given, async (i) => {
    const question = { messages: [{ role: 'user', content: 'go' }] }
    const about = { recursionLimit: RECURSION_MAX, configurable: { thread_id: `t${i}` } }
    const { messages } = await calculator.invoke(question, about)
    if (messages.length !== MESSAGES) throw new Error(`${messages.length} messages instead of ${MESSAGES}`)
    return messages.at(-1).content
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
