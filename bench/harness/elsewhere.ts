/** Rows of the scoreboard that no bench measures: crashes and planted bugs are judged by the data of their pages. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCounts, noCounts, OFFENCES } from '../../test/chaos/counts.ts'
import { OFFENCE_WORDS, type CrashData } from '../../test/chaos/page.ts'
import { toldOf } from '../../test/blindspots/fates.ts'
import type { Fate, Told } from '../../test/blindspots/fates.ts'
import { readData, readExplanations } from '../../test/blindspots/kept.ts'
import { STAGES } from '../../test/blindspots/records.ts'
import { PLANTED_BUGS } from '../../test/planted/bugs/index.ts'
import type { PlantedBug } from '../../test/planted/planted-bug.ts'
import { digestOf, readKept, type PlantedResult } from '../../test/planted/results.ts'
import type { Verdict } from './bench.ts'
import { CHANGES_LEAST, KILLS_LEAST, SIMULATED_CRASHES_LEAST } from './limits.ts'

export type ElsewhereVerdicts = {
  readonly crash?: Verdict
  readonly planted?: Verdict
  readonly blindspots?: Verdict
}

/** From a folder of pages; what has no data there has no verdict. */
export function verdictsElsewhere(reports: string): ElsewhereVerdicts {
  const [crash, planted] = ['crash', 'planted'].map((name) => join(reports, 'data', `${name}.json`)) as [string, string]
  const blindspots = readData(reports)
  return {
    ...(existsSync(crash) ? { crash: crashVerdict(JSON.parse(readFileSync(crash, 'utf8')) as CrashData) } : {}),
    ...(existsSync(planted) ? { planted: plantedVerdict(PLANTED_BUGS, readKept(planted).results) } : {}),
    ...(blindspots === undefined ? {} : { blindspots: blindspotsVerdict(toldOf(blindspots, readExplanations())) }),
  }
}

/** Nothing may have gone wrong, and often enough something must have had the chance. */
export function crashVerdict({ campaigns }: Pick<CrashData, 'campaigns'>): Verdict {
  const counts = noCounts()
  let [failedRuns, crashes, failedCrashes] = [0, 0, 0]
  for (const { scenarios, simulated } of campaigns) {
    for (const scenario of Object.values(scenarios)) {
      addCounts(counts, scenario)
      failedRuns += scenario.failures.length
    }
    crashes += simulated.crashes
    failedCrashes += simulated.failures.length
  }
  const offences = OFFENCES.map((kind) => `${n(counts[kind])} ${OFFENCE_WORDS[kind]}`).join(', ')
  const isClean = OFFENCES.every((kind) => counts[kind] === 0) && failedRuns === 0 && failedCrashes === 0
  return {
    isReached: isClean && counts.kills >= KILLS_LEAST && crashes >= SIMULATED_CRASHES_LEAST,
    figure:
      `${n(counts.kills)} kills: ${offences}, ${n(failedRuns)} failed runs; ` +
      `${n(crashes)} simulated crash points: ${n(failedCrashes)} failures`,
  }
}

/** A bug whose text is another one than the one that was tried is not tried. */
export function plantedVerdict(
  bugs: readonly PlantedBug[],
  results: ReadonlyMap<string, Pick<PlantedResult, 'edits' | 'caught'>>,
): Verdict {
  const tried = bugs.flatMap((bug) => {
    const result = results.get(bug.name)
    return result?.edits === digestOf(bug) ? [result] : []
  })
  const caught = tried.filter((result) => result.caught !== undefined)
  const untried = bugs.length - tried.length
  return {
    isReached: bugs.length > 0 && caught.length === bugs.length,
    figure: `${n(caught.length)} of ${n(bugs.length)} caught${untried === 0 ? '' : `, ${n(untried)} not tried`}`,
  }
}

/** Enough changes, and of each survivor either a reason or a test that notices it now. */
export function blindspotsVerdict(changes: readonly Pick<Told, 'fate'>[]): Verdict {
  const of = (isIt: (fate: Fate) => boolean): number => changes.filter(({ fate }) => isIt(fate)).length
  const [noticed, killed, open, left] = [
    of(isStage),
    ...(['killed', 'open', 'left'] as const).map((one) => of((fate) => fate === one)),
  ] as [number, number, number, number]
  return {
    isReached: changes.length >= CHANGES_LEAST && open === 0 && left === 0,
    figure:
      `${n(changes.length)} changes: ${n(noticed)} noticed; of ${n(changes.length - noticed - left)} survivors ` +
      `${n(killed)} killed since, ${n(changes.length - noticed - killed - open - left)} explained, ${n(open)} open` +
      (left === 0 ? '' : `; ${n(left)} have not met all tests yet`),
  }
}

const isStage = (fate: Fate): boolean => STAGES.some((stage) => stage === fate)

const n = (value: number): string => value.toLocaleString('en-US')
