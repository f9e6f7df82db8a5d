/** What has become of each change, from the verdicts of runs and what people have said of survivors. Pure. */
import { isSame } from './kept.ts'
import type { BlindspotsData, Explanation, Kept } from './kept.ts'
import { STAGES } from './records.ts'

/** How a change has ended: a stage that noticed it, or what has become of the survivor. */
export type Fate = (typeof STAGES)[number] | 'killed' | Explanation['kind'] | 'left'

/** What can become of a survivor. */
export const SURVIVED = ['killed', 'equivalent', 'slower', 'words', 'unreachable', 'open', 'left'] as const
/** Every fate, in the order of the page. */
export const FATES: readonly Fate[] = [...STAGES, ...SURVIVED]
/** A change and its fate. */
export type Told = { readonly change: Kept; readonly fate: Fate; readonly because: string }

function told(change: Kept, explanations: readonly Explanation[]): Told {
  if (change.verdict !== 'survived') return { change, fate: change.stage, because: change.by }
  if (change.killed !== undefined) return { change, fate: 'killed', because: change.killed.by }
  const explanation = explanations.find((one) => isSame(one, change))
  if (explanation !== undefined) return { change, fate: explanation.kind, because: explanation.because }
  const isOver = change.stage === 'simulation'
  return { change, fate: isOver ? 'open' : 'left', because: isOver ? 'nobody has looked at it yet' : '' }
}

/** All changes that were tried. */
export function toldOf(data: BlindspotsData, explanations: readonly Explanation[]): readonly Told[] {
  return data.changes.map((change) => told(change, explanations))
}
