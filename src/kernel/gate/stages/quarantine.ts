import type { EffectAsk } from '../../effects/ask.ts'
import { suffixed } from '../../keys/key.ts'
import type { Quarantine } from '../../ports/activation.ts'
import type { Process } from '../../processes/process.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/**
 * A restored store does not know what was done after its backup was taken. What the far side recognises by its key goes on
 * under the same key as before; what can be looked up is looked up first; any other write waits for an operator.
 */
export const quarantine: Stage = {
  name: 'quarantine',
  judge: ({ process, ask }) => {
    const key = suffixed(ask.key, 'resolve')
    const wait = process.state.hasWaited ? process.state.effects.get(key) : undefined
    if (wait?.heldIn !== undefined && wait.waiting !== undefined) return { type: 'wait', facts: [] }
    const quarantine = process.act.quarantine
    if (quarantine === undefined || ask.class !== 'write' || wait?.heldIn === quarantine.incarnation) return PASS
    if (isRecognised(process, ask, quarantine) || isLookedUp(ask)) return PASS
    const question =
      `was ${ask.name} done already? these data were restored from a backup, and it may have been done after that was ` +
      'taken; --again if it was not'
    return {
      type: 'wait',
      facts: [{ type: 'waiting', key, on: { kind: 'operator', question, held: quarantine.incarnation } }],
    }
  },
}

/** The far side knows the key of an attempt that this store has forgotten, if it remembers keys for that long. */
function isRecognised(process: Process, ask: EffectAsk, { takenAt }: Quarantine): boolean {
  if (!ask.idempotent) return false
  return ask.keyTtlMs === undefined || process.deps.clock.now() - takenAt <= ask.keyTtlMs
}

const isLookedUp = (ask: EffectAsk): boolean => ask.work.kind === 'tool' && ask.work.tool.reconcile !== undefined

/** Whether an attempt that was just decided asks the far side before it acts: the first one here may be the second one there. */
export function asksFirst(process: Process, ask: EffectAsk, attempt: number): boolean {
  const { quarantine } = process.act
  if (quarantine === undefined || attempt > 1 || ask.class !== 'write' || !isLookedUp(ask)) return false
  const isReleased = process.state.effects.get(suffixed(ask.key, 'resolve'))?.heldIn === quarantine.incarnation
  return !isReleased && !isRecognised(process, ask, quarantine)
}
