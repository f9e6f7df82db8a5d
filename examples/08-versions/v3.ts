import { agent } from 'skein'
import { price, weigh } from './shop.ts'

/** Version 3 has another model, and weighs: `count` is gone. What it finds of older versions, it makes its own first. */
export default agent({
  name: 'keeper',
  version: '3',
  model: 'second',
  instructions: 'Weigh the shelves, one after the other, and ask what their things cost.',
  tools: { weigh, price },
  maxSteps: 100,
  context: { tokensMax: 1_000 },
  migrate: {
    state: (state, { version }) => {
      const text = `Since version ${version}, shelves are weighed, not counted.`
      return { ...state, messages: [...state.messages, { role: 'user', content: [{ type: 'text', text }] }] }
    },
  },
})
