/** The AI SDK's agent loop, which keeps nothing: `ToolLoopAgent` over the same model object and the same tool. */
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
await measure(given, async () => (await calculator.generate({ prompt: 'go' })).text)
