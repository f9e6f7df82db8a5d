/** An agent that is killed at every change of its code goes on under the next, and can say what each version was shown. */
import { expect, it } from 'vitest'
import { live } from './lives.ts'

it('lives through three versions, and dies at each change', async () => {
  expect(await live()).toContain('all 12 shelves')
})
