import { SkeinError } from '../../../std/index.ts'
import { check } from '../../definitions/schema.ts'
import { valueOf } from '../../journal/outcome.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** The input of a tool fits its schema. */
export const shape: Stage = {
  name: 'shape',
  judge: ({ ask, record, parsed }) => {
    if (ask.work.kind !== 'tool' || record?.args !== undefined) return PASS
    const result = check(ask.work.tool.inputSchema, valueOf(ask.work.rawInput), `input of tool ${ask.name}`)
    if (result.ok) {
      parsed.input = result.value
      return PASS
    }
    return {
      type: 'refuse',
      error: new SkeinError(
        'INPUT_INVALID',
        `the input of tool ${ask.name} does not fit its schema: ${result.issues.slice(0, 5).join('; ')}`,
      ),
    }
  },
}
