import { idOf, segmentsOf } from '../../src/testing/oracle/journal.ts'
import type { Engine } from '../../src/engine/index.ts'
import type { Fact } from '../../src/kernel/index.ts'
import { asEffectKey } from '../../src/std/index.ts'
import type { EffectKey, Pid } from '../../src/std/index.ts'

/** The effect that a wait belongs to. */
export function baseKey(key: EffectKey): EffectKey {
  return asEffectKey(key.replace(/!(resolve|approval|budget)$/, ''))
}

/** An effect in doubt: its idempotency key in the newest segment, and which attempt of it nobody knows the end of. */
export async function doubtOf(
  engine: Pick<Engine, 'history'>,
  pid: Pid,
  key: EffectKey,
): Promise<{ readonly id: string; readonly attempt: number }> {
  const facts: Fact[] = []
  for await (const frame of engine.history(pid)) facts.push(...frame.facts)
  const segment = segmentsOf({ pid, facts }).at(-1)
  const doubt = facts.findLast((fact) => fact.type === 'unknown' && fact.key === key)
  return { id: segment === undefined ? '' : idOf(segment, key), attempt: doubt?.type === 'unknown' ? doubt.attempt : 0 }
}

const LATE = new Set(['NOT_WAITING', 'PROCESS_ENDED', 'EFFECT_UNKNOWN', 'ENGINE_CLOSED'])

/** Somebody was faster: the run itself, or this operator a moment or a life before. */
export const isTooLate = (thrown: unknown): boolean => LATE.has((thrown as { readonly code?: string }).code ?? '')
