/** What one run of a bench leaves behind: every sample, and what is needed to judge it. Pages are made of nothing else. */
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cellName, sideOf, type Bench, type Cell, type CellArguments, type Measured, type Side } from './bench.ts'
import type { Machine, Versions } from './machine.ts'
import { spreadOf, type Spread } from './spread.ts'

export type Sample = Readonly<Record<string, number>>

export type CellReport = {
  readonly variant: string
  readonly group?: string
  readonly side: Side
  readonly peer?: string
  readonly args: CellArguments
  readonly roundsDue: number
  readonly samples: readonly Sample[]
  /** One line for each run that died or whose check failed. */
  readonly failures: readonly string[]
  /** Of all its runs. */
  readonly seconds: number
}

export type BenchReport = {
  readonly format: 1
  readonly bench: string
  /** ISO, of the end of the last round. */
  readonly date: string
  readonly isQuick: boolean
  readonly machine: Machine
  readonly versions: Versions
  /** The load average of the machine as each sample began: least and most. */
  readonly load: { readonly least: number; readonly most: number }
  readonly cells: readonly CellReport[]
}

/** A cell before its first round. */
export function blankCell(cell: Cell, about: { readonly isQuick: boolean; readonly rounds: number }): CellReport {
  return {
    variant: cell.variant,
    ...(cell.group === undefined ? {} : { group: cell.group }),
    side: sideOf(cell),
    ...(cell.peer === undefined ? {} : { peer: cell.peer }),
    args: { ...cell.args, ...(about.isQuick ? cell.quick : {}) },
    roundsDue: Math.min(about.rounds, cell.roundsMax ?? about.rounds),
    samples: [],
    failures: [],
    seconds: 0,
  }
}

export const runsOf = (cell: CellReport): number => cell.samples.length + cell.failures.length

/** The spread of one figure of one cell, if it has said it. */
export function figureOf(cell: CellReport, key: string): Spread | undefined {
  return spreadOf(cell.samples.flatMap((sample) => (sample[key] === undefined ? [] : [sample[key]])))
}

/** Groups in the order of their first cell; `undefined` is the group of cells without one. */
export function groupsOf(report: BenchReport): readonly (string | undefined)[] {
  return [...new Set(report.cells.map(({ group }) => group))]
}

/** The medians, as goals ask for them. */
export function measuredOf(report: BenchReport): Measured {
  const cells = new Map(report.cells.map((cell) => [cellName(cell), cell]))
  return {
    median: (variant, key, group) => {
      const cell = cells.get(cellName({ variant, ...(group === undefined ? {} : { group }) }))
      return cell === undefined ? undefined : figureOf(cell, key)?.median
    },
  }
}

/** Where reports of a folder of pages lie. */
export const dataFile = (reports: string, bench: string): string => join(reports, 'data', `${bench}.json`)

export function writeReport(file: string, report: BenchReport): void {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(report, undefined, 1)}\n`)
  renameSync(`${file}.new`, file)
}

/** Those of benches that a file holds: one, or a list of them; other pages keep other data beside. */
export function readReports(file: string): readonly BenchReport[] {
  const held: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return (Array.isArray(held) ? held : [held]).filter(isReport)
}

const isReport = (held: unknown): held is BenchReport =>
  typeof held === 'object' && held !== null && 'bench' in held && 'format' in held && held.format === 1

export function readReport(file: string): BenchReport {
  const [report] = readReports(file)
  if (report === undefined) throw new Error(`${file} is not a report of a bench that this version can read`)
  return report
}

/** The stored report of each bench that has one. */
export function storedReports(reports: string, benches: readonly Bench[]): ReadonlyMap<string, BenchReport> {
  let names: readonly string[]
  try {
    names = readdirSync(join(reports, 'data'))
  } catch {
    names = []
  }
  const stored = benches.filter(({ name }) => names.includes(`${name}.json`))
  return new Map(stored.map(({ name }) => [name, readReport(dataFile(reports, name))]))
}
