/** Twenty deploys of a real server under load, judged by an outside ledger. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployAgainAndAgain } from '../test/handover/deploys.ts'

const DEPLOYS = 20
const WORKERS = 10
const BETWEEN_MS = 800

/** Pauses, and what was lost or done twice. */
export async function handover(): Promise<Readonly<Record<string, number | string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'skein-handover-'))
  try {
    const seen = await deployAgainAndAgain({ folder, deploys: DEPLOYS, workers: WORKERS, betweenMs: BETWEEN_MS })
    const sorted = seen.pausesMs.toSorted((a, b) => a - b)
    return {
      'deploys under load': seen.pausesMs.length,
      'effects done (outside ledger)': `${seen.effects}, ${seen.effectsPerSecond}/s`,
      'pause around a deploy, ms: median, longest': `${sorted[Math.floor(sorted.length / 2)]}, ${sorted.at(-1)}`,
      'longest pause away from deploys, ms': seen.usualPauseMs,
      'time without an owner, ms, longest': Math.max(...seen.ownerlessMs),
      'lost / done twice / in doubt': `${seen.lost.length} / ${seen.repeated.length} / ${seen.inDoubt.length}`,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
