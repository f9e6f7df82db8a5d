import { agent } from 'skein'
import { count } from './shop.ts'

/** Version 1 counts. */
export default agent({
  name: 'keeper',
  version: '1',
  model: 'first',
  instructions: 'Count the shelves, one after the other.',
  tools: { count },
  maxSteps: 100,
  context: { tokensMax: 1_000 },
})
