/** `ctx.compensate`: registers clean-up with the shield of the process (rule X4). */
import { asScopePath, limits } from '../../std/index.ts'
import { checkName } from '../definitions/workflow.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { reservationOf } from '../effects/attempt.ts'
import { stepEffect } from '../effects/call-effects.ts'
import { authorIdent } from '../keys/key.ts'
import { COMPENSATION_TIMEOUT_MS_DEFAULT, COMPENSATION_TIME_SHARE } from '../limits.ts'
import type { Process } from '../processes/process.ts'
import { SHIELD_PATH } from '../scopes/scope.ts'
import type { Scope } from '../scopes/scope.ts'
import type { Asker } from './asker.ts'
import type { StepFn, StepOptions } from './context.ts'

/** What an author wants cleaned up, and how. */
export type CompensationCall = { readonly name: string; readonly fn: StepFn<unknown>; readonly options: StepOptions }

/** Registers it, and notes in the journal that it was: what can never run for lack of code is named then. */
export function registerCompensation(
  process: Process,
  scope: Scope,
  asker: Asker,
  { name, fn, options }: CompensationCall,
): void {
  checkName(name, 'a compensation')
  if (!asker.mayCall('compensate')) return
  const ident = options.key === undefined ? '-' : authorIdent(options.key)
  const key = process.keys.next(asScopePath(`${SHIELD_PATH}${scope.path}`), 'compensate', name, ident)
  const step = stepEffect(name, fn, options)
  const timeoutMs = step.timeoutMs ?? timeOf(process)
  // Two compensations of one name are two: that one is in doubt says nothing of the other (rule E7).
  const ask: EffectAsk = {
    ...step,
    key,
    timeoutMs,
    argsHash: `compensate:${key}`,
    scope: process.shield.scope,
    settle: () => undefined,
  }
  const kept = reservationOf(ask, { id: process.effectId(key), attempt: 1, timeoutMs }, process.deps)
  process.shield.register(scope, ask, kept)
  void asker.ask('compensation', name, options.key, undefined, () => ({ op: 'draw', what: 'compensation' }))
}

function timeOf(process: Process): number {
  const left = process.state.account.available('effectMs')
  const share = Math.floor(left * COMPENSATION_TIME_SHARE)
  return Math.min(COMPENSATION_TIMEOUT_MS_DEFAULT, Math.max(limits.EFFECT_TIMEOUT_MS_LEAST, share))
}
