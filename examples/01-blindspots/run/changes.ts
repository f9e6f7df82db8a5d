/** Changes as they are made to a scratch copy. */
import { applied, BROKEN, hashOf } from '../code/propose.ts'
import { shownChange } from '../report/change.ts'
import type { Change } from './types.ts'

/** The operator of a change that leaves nothing of a file; it tells whether any test loads it. */
export const BREAKS = 'break'

const ID_LENGTH = 16

/** The change that leaves nothing of a file. */
export function breaking(file: string): Change {
  const id = hashOf(BREAKS, file).slice(0, ID_LENGTH)
  return { id, file, line: 1, column: 1, operator: BREAKS, before: '', after: BROKEN, start: 0 }
}

/** The whole file with the change made, and the changed lines as people see them. */
export function changed(
  source: string,
  change: Change,
): { readonly text: string; readonly was: string; readonly is: string } {
  return { text: change.operator === BREAKS ? BROKEN : applied(source, change), ...shownChange(source, change) }
}
