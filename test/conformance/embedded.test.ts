import { describe, it } from 'vitest'
import { describeEngine, embeddedRig } from '../../src/testing/index.ts'

const UNHEARD = {
  rule: 'pending: controls that nobody has heard yet are told, oldest first, and no messages',
  reason:
    'whoever runs a folder hears at once; of one that nobody runs its reader tells (see skein settle, skein approve)',
}

describeEngine('embedded', embeddedRig, {
  describe,
  it,
  skip: [
    {
      rule: 'T1: an owner that was overtaken writes nothing more and starts nothing more',
      reason: 'the lock on the folder keeps a second owner out; the epoch check is shared with the simulated engine',
    },
    {
      rule: 'T5: a failed commit stops the store: no driver starts, activations are dropped, reopening goes on from what is durable',
      reason: 'a real disk cannot be made to fail from here; the simulated one fails under the same code',
    },
    UNHEARD,
  ],
})
