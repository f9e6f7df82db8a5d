/**
 * Asks of adopted code that nobody may answer by a guess (rule U4): a write that may have been done already under
 * another key, and what else cannot be had twice. They are held; a verdict lets them go.
 */
import { ROOT_SCOPE } from '../../std/index.ts'
import type { EffectKey, ScopePath } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { Process } from '../processes/process.ts'
import { liesWithin } from '../scopes/scope.ts'
import { askedKey } from './adoption.ts'
import { familyDone, familyOf, leftovers, wasHeard } from './leftovers.ts'

/** Why an ask is held. */
export type Ambiguity = {
  readonly ask: Ask
  readonly why: 'may be done' | 'was answered' | 'scope is closed'
  /** What it may be, in the order of the journal. */
  readonly candidates: readonly EffectRecord[]
}

/** What holds an ask without a record of its own; undefined lets it go to the gate. An adoption would open the scopes `open` again. */
export function ambiguityOf(process: Process, ask: Ask, open: readonly ScopePath[] = []): Ambiguity | undefined {
  const { state } = process
  if (state.adoptions.length === 0 || state.effects.has(ask.key) || process.definition?.kind === 'agent')
    return undefined
  const asked = askedKey(ask.key)
  const isClosed = (scope: ScopePath): boolean => !open.includes(scope) && liesWithin(ask.key, scope)
  if (ask.scope.path !== ROOT_SCOPE && state.closedScopes.some(isClosed))
    return { ask, why: 'scope is closed', candidates: [] }
  if (hasVerdict(process, asked)) return undefined
  const old = leftovers(process, open)
  const own = old.filter((record) => record.key === asked)
  if (ask.key !== asked && wasHeard(state, asked)) return { ask, why: 'was answered', candidates: own }
  const family = familyOf(ask)
  if (family === undefined) return undefined
  const candidates = old.filter((record) => familyDone(state, record) === family)
  return candidates.length === 0 ? undefined : { ask, why: 'may be done', candidates }
}

/** Whether somebody has said that it is to be done, or to fail. */
function hasVerdict({ state }: Process, asked: EffectKey): boolean {
  return state.adoptions.some(({ fresh, failed }) => fresh.has(asked) || failed.has(asked))
}

/** Whether a verdict refuses it. */
export function isRefused({ state }: Process, ask: Ask): boolean {
  return state.adoptions.some(({ failed }) => failed.has(askedKey(ask.key)))
}
