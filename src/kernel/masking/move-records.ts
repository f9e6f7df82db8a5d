/** Records of a process under other keys: those of masked arguments. */
import { asEffectKey, asScopePath } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { ProcessState } from '../processes/process-state.ts'
import { closeKey } from '../scopes/scope.ts'

const SUFFIXES = /(?:![a-z]+\d*)+$/
const ANEW = /(?<=#\d+)~\d+$/

/** The key without all that hangs on it. */
export function ownerOf(key: EffectKey): EffectKey {
  return asEffectKey(key.replace(SUFFIXES, ''))
}

/** What hung on the old key, on the new one. */
export function movedKey(key: EffectKey, asked: EffectKey): EffectKey {
  return asEffectKey(`${asked}${ANEW.exec(ownerOf(key))?.[0] ?? ''}${SUFFIXES.exec(key)?.[0] ?? ''}`)
}

/** Gives records their new keys; false where a new key is taken already. */
export function moveRecords(
  state: ProcessState,
  keys: readonly EffectKey[],
  moved: (key: EffectKey) => EffectKey,
): boolean {
  for (const key of keys) {
    const to = moved(key)
    const record = state.effects.get(key)
    if (record === undefined || to === key) continue
    if (state.effects.has(to)) return false
    state.effects.delete(key)
    state.effects.set(to, { ...record, key: to })
    for (const set of [state.unknowns, state.budgetWaits, state.leftBehind]) if (set.delete(key)) set.add(to)
    for (const child of state.children.values())
      if (child.key === key) state.children.set(child.pid, { ...child, key: to })
    const at = state.closedScopes.findIndex((scope) => closeKey(scope) === key)
    const scope = state.closedScopes[at]
    if (scope === undefined) continue
    const path = asScopePath(to.slice(0, to.lastIndexOf(':')))
    state.closedScopes[at] = path
    if (state.cutShort.delete(scope)) state.cutShort.add(path)
  }
  return true
}
