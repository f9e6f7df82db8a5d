/** Deploys of a real server under load, judged by an outside ledger. `--deploys N`. */
import { deployAgainAndAgain } from '../../../test/handover/deploys.ts'
import { cell, cellArguments, quantile } from '../cell.ts'

const WORKERS = 10
const BETWEEN_MS = 800

const { deploys } = cellArguments({ deploys: 20 })
await cell(async (folder) => {
  const seen = await deployAgainAndAgain({ folder, deploys, workers: WORKERS, betweenMs: BETWEEN_MS })
  return {
    deploys: seen.pausesMs.length,
    effects: seen.effects,
    effectsPerSecond: seen.effectsPerSecond,
    pauseMedianMs: quantile(seen.pausesMs, 0.5),
    pauseMaxMs: Math.max(...seen.pausesMs),
    processPauseMaxMs: Math.max(...seen.processPausesMs),
    usualPauseMs: seen.usualPauseMs,
    ownerlessMaxMs: Math.max(...seen.ownerlessMs),
    lost: seen.lost.length,
    repeated: seen.repeated.length,
    inDoubt: seen.inDoubt.length,
  }
})
