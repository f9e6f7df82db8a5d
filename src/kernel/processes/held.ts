/**
 * What is switched off decides nothing new: asks of a process that is held as a whole wait in it, effects of a tool and
 * starts of a definition wait one by one. Each is a wait of kind `switch`, so that it survives and is shown with who and why.
 *
 * What runs goes on to its end, unless told otherwise: then local acts and reads are broken off, charged, and asked for again.
 */
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import { NOTHING } from '../journal/outcome.ts'
import { baseKey, suffixOf } from '../keys/key.ts'
import type { SwitchedOff } from '../ports/switches.ts'
import { askAgain } from './funding.ts'
import type { Process } from './process.ts'

/** The wait of a process that is held as a whole. */
export const HELD_KEY: EffectKey = asEffectKey('!switch')

/** What holds the whole process, if anything does; one that is cancelled is on its way out. */
export function holdOf(process: Process): SwitchedOff | undefined {
  const { state, deps, pid } = process
  if (deps.switches === undefined || state.cancelled !== undefined) return undefined
  return deps.switches.off({ pid, tenant: state.born?.tenant })
}

/** What holds only this: the tool that is called, the definition that would be started. */
export function holdOfAsk(process: Process, ask: Ask): SwitchedOff | undefined {
  const { deps, pid } = process
  if (deps.switches === undefined) return undefined
  if (ask.op === 'effect' && ask.work.kind === 'tool') return deps.switches.off({ pid, tool: ask.name })
  // What a fork is an instance of, its origin knows: the fork itself is held, when it is there.
  if (ask.op !== 'start' || ask.definition === undefined) return undefined
  return deps.switches.off({ pid, definition: { kind: ask.definition.kind, name: ask.definition.name } })
}

/** Whether an ask of a held process waits; what only ends something does not. */
export function isHoldable({ op }: Ask): boolean {
  return op !== 'close' && op !== 'cancelChild' && op !== 'absent'
}

/** The fact of a wait for a switch, unless it waits already. */
export function waitForSwitch(process: Process, key: EffectKey, off: SwitchedOff): readonly FactBody[] {
  return process.state.isWaiting(key) ? [] : [{ type: 'waiting', key, on: { kind: 'switch', ...off } }]
}

/** What goes on waits for no switch any more. */
export function endOfSwitchWait(process: Process, key: EffectKey): readonly FactBody[] {
  return process.state.isWaiting(key) ? [{ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } }] : []
}

/** Switches have changed: what is held by none goes on. */
export function hearSwitches(process: Process, isNow: boolean): void {
  for (const record of process.state.effects.values()) {
    const { key, waiting } = record
    if (waiting?.kind !== 'switch' || suffixOf(key) !== 'switch') continue
    const ask = process.known.get(baseKey(key))
    const isHeld = key === HELD_KEY ? holdOf(process) : ask && holdOfAsk(process, ask)
    if (isHeld !== undefined) continue
    process.record({ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } })
    if (key === HELD_KEY) process.asked.push(...process.switchedOff.splice(0))
    else askAgain(process, baseKey(key))
  }
  if (isNow) breakOffReads(process)
}

function breakOffReads(process: Process): void {
  const isWholeHeld = holdOf(process) !== undefined
  for (const { key, phase, outcome, class: effectClass } of process.state.effects.values()) {
    const ask = process.known.get(key)
    if (ask?.op !== 'effect' || outcome !== undefined || effectClass === 'write') continue
    if (phase !== 'begun' && phase !== 'intended') continue
    if (!isWholeHeld && holdOfAsk(process, ask) === undefined) continue
    process.brokenOff.add(key)
    process.act.abort(key)
  }
}
