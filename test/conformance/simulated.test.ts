import { describe, it } from 'vitest'
import { describeEngine, simulatedRig } from '../../src/testing/index.ts'

for (const seed of [1, 2, 3]) describeEngine(`simulated, seed ${seed}`, simulatedRig(seed), { describe, it })
