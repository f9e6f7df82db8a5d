import { agent, run, tool } from 'skein'
import { z } from 'zod'
const weather = tool({ effect: 'read', inputSchema: z.object({ city: z.string() }), execute: () => 'Sunny, 21 °C' })
const helper = agent({ name: 'helper', model: process.env['SKEIN_MODEL'] ?? 'offline', tools: { weather } })
const { text } = await run(helper, 'What is the weather in Paris?', { id: 'paris-1' })
console.log(text)
