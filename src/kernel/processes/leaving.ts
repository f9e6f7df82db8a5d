/** What is still decided while the host is leaving: a deploy must not make anything unknown that could have waited. */
import type { Ask, EffectAsk } from '../effects/ask.ts'
import type { Process } from './process.ts'

/** True when a host may leave in the middle of it: it is done again under the same key, or changes nothing. */
export function isRepeatable(ask: EffectAsk): boolean {
  return ask.class !== 'write' || ask.idempotent
}

/** The asks that this host still decides. The others stay open: the next host finds no fact of them, and asks again. */
export function leftBeforeLeaving(process: Process, asks: readonly Ask[]): readonly Ask[] {
  const { draining } = process.act
  if (draining === undefined) return asks
  const decided = draining === 'all' ? [] : asks.filter((ask) => ask.op !== 'effect' || isRepeatable(ask))
  if (decided.length === asks.length) return asks
  process.isHeldBack = true
  for (const ask of asks) if (!decided.includes(ask)) process.releaseSlot(ask.key)
  return decided
}
