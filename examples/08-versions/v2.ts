import { agent } from 'skein'
import { count, price } from './shop.ts'

/** Version 2 has another prompt, and one tool more. */
export default agent({
  name: 'keeper',
  version: '2',
  model: 'first',
  instructions: 'Count the shelves, one after the other, and ask what their things cost.',
  tools: { count, price },
  maxSteps: 100,
  context: { tokensMax: 1_000 },
})
