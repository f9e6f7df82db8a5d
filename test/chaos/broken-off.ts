/**
 * What a run counts for that came to no end. It is held against what is tested: a run is not judged only where the harness
 * itself has found that it lacked what it needs, or that the server does not answer. What a message says decides nothing.
 */
import type { Counts } from './counts.ts'
import type { Site } from './site.ts'

/** A life did not end in its time. */
export class Stuck extends Error {
  override readonly name = 'Stuck'
}

/** Found wrong by the harness, which needs no server to know it. */
export class Unsound extends Error {
  override readonly name = 'Unsound'
}

/** The harness lacks what it needs itself: a server that does not start, or does not come back. */
export class Starved extends Error {
  override readonly name = 'Starved'
}

/** A run that came to no end. */
export type BrokenOff = { readonly counts: Partial<Counts>; readonly what: string; readonly isUnjudged: boolean }

/** Books it. `site` is where it was, `happened` what had been done to it by then. */
export async function brokenOff(
  thrown: unknown,
  site: Pick<Site, 'isLost' | 'answers'> | undefined,
  happened: Partial<Counts> = {},
): Promise<BrokenOff> {
  const what = String(thrown)
  if (await isBeyondJudging(thrown, site)) {
    // What was done to its server was done to others as well.
    const { serverKills = 0 } = happened
    return { counts: { unjudged: 1, serverKills }, what, isUnjudged: true }
  }
  const kind = thrown instanceof Stuck ? 'lost' : 'unsound'
  return { counts: { ...happened, runs: site === undefined ? 0 : 1, [kind]: 1 }, what, isUnjudged: false }
}

async function isBeyondJudging(thrown: unknown, site: Pick<Site, 'isLost' | 'answers'> | undefined): Promise<boolean> {
  if (thrown instanceof Unsound) return false
  if (thrown instanceof Starved || site?.isLost === true) return true
  if (thrown instanceof Stuck || site === undefined) return false
  return !(await site.answers())
}
