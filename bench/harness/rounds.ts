/** Which cell runs next: rounds over all cells, so that whatever drifts on a machine drifts under all of them. */
import { cellName, type Bench, type Cell } from './bench.ts'
import { runCell, type CellOutcome } from './cell-process.ts'
import { CELL_TIMEOUT_MS } from './limits.ts'
import { loadNow } from './machine.ts'
import { blankCell, runsOf, type BenchReport, type CellReport } from './report.ts'

export type Due = { readonly round: number; readonly cell: number }

/** The runs that are still due, round by round; every second round goes backwards, so that no cell is always the first. */
export function interleave(cells: readonly CellReport[]): readonly Due[] {
  const rounds = Math.max(0, ...cells.map(({ roundsDue }) => roundsDue))
  const due: Due[] = []
  for (let round = 0; round < rounds; round++) {
    const order = cells.map((_, index) => index)
    if (round % 2 === 1) order.reverse()
    for (const cell of order) {
      const one = cells[cell] as CellReport
      if (round < one.roundsDue && round >= runsOf(one)) due.push({ round, cell })
    }
  }
  return due
}

export type Rounds = {
  readonly folder: string
  readonly bench: Bench
  /** Those of the bench that are to run, in its order. */
  readonly cells: readonly Cell[]
  readonly report: BenchReport
  /** Peers that are not there, and why: their cells fail without being run. */
  readonly absent: ReadonlyMap<string, string>
  /** After every run. */
  readonly onRun: (report: BenchReport, done: string) => void
}

/** Runs what is due and hands back the finished report. */
export async function runRounds({ folder, bench, cells, report, absent, onRun }: Rounds): Promise<BenchReport> {
  let current = report
  const due = interleave(report.cells)
  for (const [index, { round, cell: at }] of due.entries()) {
    const cell = cells[at] as Cell
    const before = current.cells[at] as CellReport
    const load = loadNow()
    const startedAt = performance.now()
    const missing = cell.peer === undefined ? undefined : absent.get(cell.peer)
    const outcome: CellOutcome =
      missing === undefined
        ? await runCell({
            folder,
            script: cell.script,
            args: before.args,
            timeoutMs: cell.timeoutMs ?? CELL_TIMEOUT_MS,
          })
        : { failure: missing }
    const seconds = (performance.now() - startedAt) / 1000
    current = withOutcome(current, { at, outcome, seconds, load })
    const left = secondsLeft(current, due.slice(index + 1))
    const what = 'failure' in outcome ? `FAILED: ${outcome.failure}` : `${seconds.toFixed(1)} s`
    const place = `${bench.name} ${index + 1}/${due.length}, round ${round + 1}`
    onRun(current, `${place} · ${cellName(cell)} · ${what} · load ${load} · about ${Math.ceil(left)} s left`)
  }
  return current
}

type Run = { readonly at: number; readonly outcome: CellOutcome; readonly seconds: number; readonly load: number }

function withOutcome(report: BenchReport, { at, outcome, seconds, load }: Run): BenchReport {
  const before = report.cells[at] as CellReport
  const after: CellReport = {
    ...before,
    samples: 'sample' in outcome ? [...before.samples, outcome.sample] : before.samples,
    failures: 'failure' in outcome ? [...before.failures, outcome.failure] : before.failures,
    seconds: Math.round((before.seconds + seconds) * 10) / 10,
  }
  return {
    ...report,
    date: new Date().toISOString(),
    load: { least: Math.min(report.load.least, load), most: Math.max(report.load.most, load) },
    cells: report.cells.with(at, after),
  }
}

/** From what its cells took until now; a cell that has not run yet is taken for an average one. */
function secondsLeft({ cells }: BenchReport, due: readonly Due[]): number {
  const ran = cells.filter((cell) => runsOf(cell) > 0)
  const usual = ran.reduce((sum, cell) => sum + cell.seconds / runsOf(cell), 0) / Math.max(1, ran.length)
  return due.reduce((sum, { cell }) => {
    const one = cells[cell] as CellReport
    return sum + (runsOf(one) === 0 ? usual : one.seconds / runsOf(one))
  }, 0)
}

export type Asked = {
  readonly isQuick: boolean
  readonly rounds: number
  readonly machine: BenchReport['machine']
  readonly versions: BenchReport['versions']
}

/** A report without samples. */
export function blankReport(bench: Bench, cells: readonly Cell[], asked: Asked): BenchReport {
  const load = loadNow()
  return {
    format: 1,
    bench: bench.name,
    date: new Date().toISOString(),
    isQuick: asked.isQuick,
    machine: asked.machine,
    versions: asked.versions,
    load: { least: load, most: load },
    cells: cells.map((cell) => blankCell(cell, asked)),
  }
}

/** The blank report with the samples that an earlier one holds of the same cells, if it was made in the same place. */
export function resumedReport(blank: BenchReport, earlier: BenchReport | undefined): BenchReport {
  const same = (key: keyof BenchReport): boolean => JSON.stringify(blank[key]) === JSON.stringify(earlier?.[key])
  if (earlier === undefined || !same('machine') || !same('versions') || !same('isQuick')) return blank
  const held = new Map(earlier.cells.map((cell) => [cellName(cell), cell]))
  const cells = blank.cells.map((cell) => {
    const { samples, failures, seconds, args } = held.get(cellName(cell)) ?? cell
    const isSame = JSON.stringify(args) === JSON.stringify(cell.args)
    return isSame && failures.length === 0 ? { ...cell, samples, failures, seconds } : cell
  })
  return { ...blank, date: earlier.date, load: earlier.load, cells }
}
