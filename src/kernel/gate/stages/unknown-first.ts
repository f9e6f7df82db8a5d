import { SkeinError } from '../../../std/index.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** A write is not called again with equal content while its outcome is unknown (rule E7). */
export const unknownFirst: Stage = {
  name: 'unknown-first',
  judge: ({ process, ask, record }) => {
    if (ask.again || record !== undefined || ask.class !== 'write') return PASS
    for (const key of process.state.unknowns) {
      const other = process.state.record(key)
      if (other.argsHash !== ask.argsHash || other.name !== ask.name || !key.startsWith(ask.scope.path)) continue
      return {
        type: 'refuse',
        error: new SkeinError(
          'UNKNOWN_FIRST',
          `${ask.name} with these arguments has an unknown outcome already (${key}); find out first (skein ` +
            'resolve), or call it with { again: true }',
        ),
      }
    }
    return PASS
  },
}
