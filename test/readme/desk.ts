/** The desk of docs/guide/agents.md. */
import { agent, tool } from 'skein'
import { z } from 'zod'

const model = 'openai/gpt-5.4-mini'
const refund = tool({ name: 'refund', inputSchema: z.object({ order: z.string() }), execute: ({ order }) => ({ order }) })

const refunds = agent({ name: 'refunds', model, instructions: 'You pay back.', tools: { refund } })
const desk = agent({ name: 'desk', model, instructions: 'You find out who can help.', handoffs: [refunds] })

export const clerk = agent({ name: 'clerk', model, instructions: 'You answer letters.', onIdle: 'wait' })

export default desk
