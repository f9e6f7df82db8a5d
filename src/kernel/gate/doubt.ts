import type { EffectAsk } from '../effects/ask.ts'
import type { EffectRecord } from '../processes/effect-record.ts'

/** An earlier attempt may have been done: it was repeated under its key, or an operator said "again". */
export function isInDoubt(ask: EffectAsk, record: EffectRecord): boolean {
  return ask.class === 'write' && ((record.inDoubt && ask.idempotent) || record.phase === 'unknown')
}
