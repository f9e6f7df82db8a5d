import { describe, it } from 'vitest'
import { describeEngine, simulatedRig } from '../../src/testing/index.ts'

const UNHEARD = {
  rule: 'pending: controls that nobody has heard yet are told, oldest first, and no messages',
  reason: 'its one process hears at once',
}

for (const seed of [1, 2, 3])
  describeEngine(`simulated, seed ${seed}`, simulatedRig(seed), { describe, it, skip: [UNHEARD] })
