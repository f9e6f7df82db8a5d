/** What an earlier sitting left behind, and what the whole run came to: read from its processes, not remembered. */
import type { Skein } from 'skein'
import { valueOf } from 'skein/kernel'
import { BREAKS } from '../run/changes.ts'
import type { TrialEnd } from '../run/trial.ts'

export type Past = {
  /** Trials that had ended: kept, never run again. */
  readonly kept: readonly TrialEnd[]
  readonly keptMs: number
  /** Trials and judges that were cut off. */
  readonly cutOff: number
}

/** Looks at a run that goes on, as it was before `openedAt`. */
export async function pastOf(skein: Skein, id: string, openedAt: number): Promise<Past> {
  const kept: TrialEnd[] = []
  const open = new Map<string, string | undefined>()
  for await (const view of skein.list({ root: id as never })) {
    const endedBefore = view.endedAt !== undefined && view.endedAt < openedAt
    if (view.workflow === 'trial' && endedBefore && view.result?.type === 'ok')
      kept.push(valueOf(view.result.value) as TrialEnd)
    if ((view.workflow === 'trial' || view.workflow === 'judge') && !endedBefore && view.createdAt < openedAt)
      open.set(view.pid, view.parent)
  }
  // A trial that waited for its judge was not running any tests itself.
  for (const parent of open.values()) if (parent !== undefined) open.delete(parent)
  const verdicts = kept.filter(({ change }) => change.operator !== BREAKS)
  return { kept: verdicts, keptMs: kept.reduce((sum, { ms }) => sum + ms, 0), cutOff: open.size }
}

export type Figures = {
  readonly processes: number
  readonly effects: number
  readonly repeated: number
  readonly spentMs: number
  /** What models cost, where their price is known. */
  readonly microUsd: number
}

/** What a run used: processes, effects, attempts that had to be repeated, time inside effects. */
export async function figuresOf(skein: Skein, id: string): Promise<Figures> {
  let [processes, effects, repeated, spentMs, microUsd] = [0, 0, 0, 0, 0]
  for await (const { pid, summary } of skein.list({ root: id as never })) {
    processes += 1
    if (summary === undefined) continue
    effects += summary.effects.local + summary.effects.read + summary.effects.write
    repeated += summary.repeated
    // What children spent has come home to the root.
    if (pid !== id) continue
    spentMs = (summary.spent.effectMs ?? 0) + (summary.forfeited.effectMs ?? 0)
    microUsd = (summary.spent.microUsd ?? 0) + (summary.forfeited.microUsd ?? 0)
  }
  return { processes, effects, repeated, spentMs, microUsd }
}
