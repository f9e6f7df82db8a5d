/** Code that the guide of agents quotes. */
import { agent } from 'skein'
import type { AgentState } from 'skein/agents'

const model = 'offline'

export const reader = agent({
  name: 'reader',
  model,
  instructions: 'Read everything, and say what it was.',
  context: { tokensMax: 100_000, model: 'openai/gpt-5.4-mini' },
})

const renamed = (text: string): string => text.replaceAll('read_page', 'read')
const withNewNames = (state: AgentState): AgentState => JSON.parse(renamed(JSON.stringify(state)))

export const next = agent({ name: 'reader', version: '2', model, migrate: { state: (state) => withNewNames(state) } })
