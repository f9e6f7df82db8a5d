import { expect, it } from 'vitest'
import { FACT_VERSION } from './facts.ts'

it('J7: journals are of format 1 as long as what comes is only added, so that older builds and newer ones read the same', () => {
  expect(FACT_VERSION).toBe(1)
})
