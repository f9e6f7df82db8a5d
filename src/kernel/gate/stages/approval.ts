import { SkeinError, toSkeinError } from '../../../std/index.ts'
import { check } from '../../definitions/schema.ts'
import type { EffectAsk } from '../../effects/ask.ts'
import { valueOf } from '../../journal/outcome.ts'
import { suffixed } from '../../keys/key.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { versionOf } from '../tool-version.ts'

/** A person has allowed exactly this, where one must. */
export const approval: Stage = {
  name: 'approval',
  judge: ({ process, ask, record }) => {
    const needed = record?.approvedBy === undefined && approvalNeed(ask)
    if (needed === false) return PASS
    if (needed !== true) return { type: 'refuse', error: needed }
    const key = suffixed(ask.key, 'approval')
    const known = process.state.effects.get(key)
    const toolVersion = versionOf(ask)
    if (known?.approvalOf?.argsHash === ask.argsHash && known.approvalOf.toolVersion === toolVersion)
      return known.outcome === undefined ? { type: 'wait', facts: [] } : PASS
    const expires = ask.approval.expiresMs
    const show =
      ask.work.kind === 'tool' ? { show: ask.work.rawInput } : ask.args === undefined ? {} : { show: ask.args }
    const dueAt = expires === undefined ? {} : { dueAt: process.deps.clock.now() + expires }
    return {
      type: 'wait',
      facts: [
        {
          type: 'waiting',
          key,
          on: {
            kind: 'approval',
            title: ask.name,
            argsHash: ask.argsHash,
            ...(toolVersion === undefined ? {} : { toolVersion }),
            ...show,
            ...dueAt,
          },
        },
      ],
    }
  },
}

/** An answer that is not a plain boolean (a promise, say) asks a person: in doubt, ask. A throw refuses. */
function approvalNeed(ask: EffectAsk): boolean | SkeinError {
  const { needed } = ask.approval
  if (typeof needed === 'boolean' || ask.work.kind !== 'tool') return needed !== false
  const result = check(ask.work.tool.inputSchema, valueOf(ask.work.rawInput), `input of tool ${ask.name}`)
  if (!result.ok) return false
  try {
    return needed(result.value) !== false
  } catch (thrown) {
    return toSkeinError(thrown, 'APPROVAL_DENIED')
  }
}

/** What was denied, or expired, does not begin. */
export const approvalVerdict: Stage = {
  name: 'approval-verdict',
  judge: ({ process, ask }) => {
    if (!process.state.hasWaited) return PASS
    const outcome = process.state.effects.get(suffixed(ask.key, 'approval'))?.outcome
    if (outcome?.type !== 'error') return PASS
    const data = valueOf(outcome.error) as { code: string; message: string }
    return { type: 'refuse', error: new SkeinError(data.code, data.message) }
  },
}
