import { lanesOf } from '../../effects/attempt.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** There is a slot to run in. */
export const schedule: Stage = {
  name: 'schedule',
  judge: ({ process, ask }) => {
    if (process.slots.has(ask.key)) return PASS
    const slot = process.admission.tryEnter(lanesOf(ask, process.deps))
    if (slot === undefined) return { type: 'queue' }
    process.slots.set(ask.key, slot)
    return PASS
  },
}
