/** Model calls and steps of a workflow as effects. */
import { durationMs } from '../../std/index.ts'
import type { ModelRef, ModelRequest } from '../definitions/model.ts'
import type { ShownTexts } from '../definitions/reducer.ts'
import type { Payload } from '../journal/outcome.ts'
import type { CallOptions, StepFn, StepOptions } from '../workflows/context.ts'
import type { EffectAsk } from './ask.ts'

/** An effect before it is known who asks. */
export type EffectBody = Omit<EffectAsk, 'key' | 'scope' | 'settle'>

function common(
  options: CallOptions,
  attempts = 1,
): Pick<EffectBody, 'timeoutMs' | 'attemptsMax' | 'approval' | 'again' | 'onUnknown' | 'keyTtlMs'> {
  return {
    timeoutMs: options.timeout === undefined ? undefined : durationMs(options.timeout),
    attemptsMax: options.attempts ?? attempts,
    approval: { needed: options.approval === true, expiresMs: undefined },
    again: options.again === true,
    onUnknown: options.onUnknown ?? 'park',
    keyTtlMs: undefined,
  }
}

/** Model servers stumble: a call whose failure may pass is tried again, each try an attempt of its own. */
export const MODEL_ATTEMPTS_DEFAULT = 3

/** A model call: outward, priced, repeatable. `args` is what is recorded: nothing where the state has the conversation already. */
export function modelEffect(
  ref: ModelRef,
  request: ModelRequest,
  about: { readonly argsHash: string; readonly args: Payload | undefined; readonly shown?: ShownTexts | undefined },
  options: CallOptions,
): EffectBody {
  const { argsHash, args, shown } = about
  return {
    ...common(options, MODEL_ATTEMPTS_DEFAULT),
    op: 'effect',
    class: 'read',
    name: request.model,
    idempotent: false,
    argsHash,
    args,
    work: shown === undefined ? { kind: 'model', ref, request } : { kind: 'model', ref, request, shown },
  }
}

/** A step: a write unless its author says otherwise. */
export function stepEffect(name: string, fn: StepFn<unknown>, options: StepOptions): EffectBody {
  return {
    ...common(options),
    op: 'effect',
    class: options.effect ?? 'write',
    name,
    idempotent: options.idempotent === true,
    argsHash: `step:${name}`,
    args: undefined,
    work: { kind: 'step', fn },
  }
}
