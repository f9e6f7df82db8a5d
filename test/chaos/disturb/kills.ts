/** `kill -9`, at commits (before they are durable, and after) and at random moments. */
import { edgeOf, readFolder } from '../folder.ts'
import type { Edge } from '../folder.ts'
import type { LifeOrder } from '../life-order.ts'
import { live } from '../life.ts'
import type { Counts } from '../counts.ts'
import { addCounts } from '../counts.ts'
import type { Disturbance, Subject } from './disturbance.ts'

/** Opening a folder commits so often before anything runs. */
export const OPENING_COMMITS = 2
/** A life that is killed again and again at its beginning would get nowhere. */
const STRIDE_MAX = 9
/** One run of so many is killed by the clock, the others at commits. */
const BY_CLOCK_EVERY = 3
/** First kills walk over the commits of a program in strides of this prime, so that early runs cover all of it. */
const SPREAD = 7

/** How a life is to end; `{}` lets it live. */
export type Fate = Pick<LifeOrder, 'fatal'> & { readonly afterMs?: number }

/** What else befalls a run that is killed. */
export type Also = {
  /** The fate of a life, instead of the usual one. */
  readonly fate?: (subject: Subject, kills: number) => Fate
  /** What else a life is told. */
  readonly order?: (subject: Subject, fate: Fate) => Partial<LifeOrder>
  /** Between two lives. */
  readonly between?: (subject: Subject) => Partial<Counts>
  /** A store that stops, and says so, has kept its promise. */
  readonly mayStop?: boolean
}

/** Kills a run again and again, then lets it live. */
export const kills =
  (also: Also = {}): Disturbance =>
  async (subject) => {
    const edges: Edge[] = []
    const { counts } = subject
    const { fate: fateFor = usualFate } = also
    for (let life = 0; ; life++) {
      const fate: Fate = counts.kills < subject.killsMax ? fateFor(subject, counts.kills) : {}
      const { afterMs, ...fatal } = fate
      const order = { ...subject.order, life, ...fatal, ...also.order?.(subject, fate) }
      const { wasKilled, said } = await live(subject.place, order, afterMs)
      if (said !== undefined && 'result' in said) return { result: said.result, edges }
      if (said !== undefined && 'stopped' in said) {
        if (also.mayStop !== true) throw new Error(`its store stopped (${said.stopped}): ${said.why}`)
        counts.full += 1
      }
      if (wasKilled) counts.kills += 1
      const edge = await edgeIn(subject.order.folder)
      if (edge !== undefined) edges.push(edge)
      addCounts(counts, also.between?.(subject) ?? {})
    }
  }

/** Where a folder's journals end; undefined when there is no folder to read yet. */
export async function edgeIn(folder: string): Promise<Edge | undefined> {
  return readFolder(folder).then(edgeOf, () => undefined)
}

/** At a commit or a moment; the first kills of a scenario's runs walk over all commits of its program. */
export function usualFate({ random, n, commits, ms }: Subject, killed: number): Fate {
  if (n % BY_CLOCK_EVERY === BY_CLOCK_EVERY - 1) return { afterMs: random.between(0, ms) }
  const at =
    killed === 0
      ? OPENING_COMMITS +
        (((n - Math.floor((n + 1) / BY_CLOCK_EVERY)) * SPREAD) % Math.max(1, commits - OPENING_COMMITS))
      : OPENING_COMMITS + random.between(1, STRIDE_MAX)
  return { fatal: { n: at, when: random.chance(0.5) ? 'before' : 'after' } }
}
