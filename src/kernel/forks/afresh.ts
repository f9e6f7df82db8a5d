/**
 * What a fork's origin had under way elsewhere is begun afresh by the fork: children (rule FK5) and open calls (rule FK4).
 *
 * The body has seen the first one begin, at a place in the journal that is shared; so that its replay stays the same,
 * the second has a key of its own (`…!afresh`), and answers for the first.
 */
import type { EffectKey, Pid } from '../../std/index.ts'
import type { AskOf } from '../effects/ask.ts'
import type { MessagePattern } from '../journal/facts.ts'
import type { Outcome } from '../journal/outcome.ts'
import { baseKey, childPid, suffixed } from '../keys/key.ts'
import { REPLY_TOPIC } from '../messages/pattern.ts'
import type { Process } from '../processes/process.ts'

/** Called once per activation, caught up: asks for everything that must be begun afresh. */
export function beginAfresh(process: Process): void {
  if (process.state.born?.fork === undefined) return
  const isGoingOn = process.body?.end === undefined || process.body.end.type === 'value'
  for (const [seen, child] of process.state.inherited) {
    const start = process.known.get(child.key)
    const isLetGo = process.state.letGo.has(suffixed(child.key, 'end'))
    if (start?.op !== 'start' || child.ended || isLetGo || process.state.isWithinClosed(child.key)) continue
    if (child.cancelled) endAsCancelled(process, child.key)
    else if (isGoingOn) askAgainFor(process, { ...start, child: standIn(process, seen) })
  }
  for (const ask of process.open.values()) if (ask.op === 'receive') repeatCall(process, ask)
  for (const ask of process.open.values()) if (ask.op === 'join') endAsRefused(process, ask.key)
}

/** The process that now is what the body has seen as `pid`: the child that a fork started in place of its origin's. */
export function standIn(process: Process, pid: Pid): Pid {
  const child = process.state.inherited.get(pid)
  const start = child === undefined ? undefined : process.known.get(child.key)
  if (child === undefined || child.cancelled || start?.op !== 'start') return pid
  return childPid(process.effectId(suffixed(child.key, 'afresh')), start.name, process.deps.hash)
}

/** The pid under which the body knows whoever sent a message. */
export function seenAs(process: Process, pid: Pid): Pid {
  for (const seen of process.state.inherited.keys()) if (standIn(process, seen) === pid) return seen
  return pid
}

/** The pattern of a receive in the pids of now. */
export function patternOf(process: Process, { pattern }: AskOf<'receive'>): MessagePattern {
  return pattern.from === undefined ? pattern : { ...pattern, from: standIn(process, pattern.from) }
}

function askAgainFor(process: Process, ask: AskOf<'start'> | AskOf<'send'>): void {
  process.ask({ ...ask, key: suffixed(ask.key, 'afresh'), settle: () => undefined })
}

function endAsCancelled(process: Process, start: EffectKey): void {
  endAs(process, suffixed(start, 'end'), { type: 'cancelled' })
}

/** The end of a child that the fork does not start: known without asking. */
function endAs(process: Process, key: EffectKey, outcome: Outcome): void {
  if (process.state.effects.get(key)?.outcome !== undefined) return
  process.record({ type: 'answered', key, outcome })
  process.asked = process.asked.filter((ask) => ask.key !== key)
}

/** A call whose answer would go to the origin is made again (rule FK4). */
function repeatCall(process: Process, { pattern }: AskOf<'receive'>): void {
  if (pattern.topic !== REPLY_TOPIC || pattern.type === undefined) return
  for (const ask of process.known.values()) {
    if (ask.op !== 'send' || !ask.expectsReply || process.effectId(ask.key) !== pattern.type) continue
    if (process.state.effects.get(ask.key)?.isSharedSend === true) askAgainFor(process, ask)
    return
  }
}

/** A start that was refused has answered for its end in the same frame; a fork may branch off between the two. */
function endAsRefused(process: Process, key: EffectKey): void {
  const start = process.state.effects.get(baseKey(key))
  if (start?.outcome?.type === 'error') endAs(process, key, start.outcome)
}

/** The pid of the child that a key starts, or started, as the body sees it. */
export function seenChild(process: Process, key: EffectKey, name: string): Pid {
  return process.state.effects.get(key)?.sentTo ?? childPid(process.effectId(key), name, process.deps.hash)
}
