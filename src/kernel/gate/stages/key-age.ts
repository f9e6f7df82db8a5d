import { SkeinError } from '../../../std/index.ts'
import { isInDoubt } from '../doubt.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** A key that the far side may have forgotten protects no repeat; only an operator says "again" then. */
export const keyAge: Stage = {
  name: 'key-age',
  judge: ({ process, ask, record }) => {
    if (ask.keyTtlMs === undefined || record?.firstBegunAt === undefined || record.phase !== 'waiting') return PASS
    if (!isInDoubt(ask, record) || process.deps.clock.now() - record.firstBegunAt <= ask.keyTtlMs) return PASS
    return { type: 'refuse', error: new SkeinError('UNKNOWN_OUTCOME', 'its key is older than the far side remembers') }
  },
}
