/** The AI SDK's agent loop, read as a stream to its end. */
import { stepCountIs, tool, ToolLoopAgent } from 'ai'
import { measure, settings } from './measure.ts'
import { add, addInput, mockModel } from './task.ts'

const given = settings()
const calculator = new ToolLoopAgent({
  model: mockModel(given.atOnce),
  instructions: 'You add numbers.',
  tools: { add: tool({ description: 'Adds.', inputSchema: addInput, execute: add }) },
  stopWhen: stepCountIs(50),
})
await measure(given, async () => {
  const { textStream } = await calculator.stream({ prompt: 'go' })
  let text = ''
  for await (const part of textStream) text += part
  return text
})
