/** Whether two reports of a bench put their variants in the same order, figure by figure. */
import { BadArguments } from './arguments.ts'
import { cellName, type Bench } from './bench.ts'
import { figureOf, groupsOf, type BenchReport, type CellReport } from './report.ts'
import { digits, isOverlapping } from './spread.ts'

export type Inversion = {
  readonly where: string
  readonly text: string
  /** In one of the reports the two spreads overlap: their order says nothing there. */
  readonly isWithinSpread: boolean
}

export type Comparison = {
  readonly pairs: number
  readonly inversions: readonly Inversion[]
  /** Cells that have figures in one of the reports only. */
  readonly missing: readonly string[]
}

/** Every pair of variants, by every figure that is better one way, in every group. */
export function compare(bench: Bench, a: BenchReport, b: BenchReport): Comparison {
  if (a.isQuick !== b.isQuick) throw new BadArguments(`${bench.name}: a quick run says nothing beside a full one`)
  const inversions: Inversion[] = []
  let pairs = 0
  for (const group of groupsOf(a)) {
    const shared = a.cells.flatMap((cell) => {
      const other = b.cells.find((one) => one.variant === cell.variant && one.group === cell.group)
      return cell.group === group && other !== undefined ? [{ a: cell, b: other }] : []
    })
    for (const { key, label, better } of bench.figures) {
      if (better === 'none') continue
      const where = `${bench.name}${group === undefined ? '' : ` · ${group}`} · ${label}`
      for (const [index, first] of shared.entries()) {
        for (const second of shared.slice(index + 1)) {
          const found = judgePair(key, first, second)
          if (found === undefined) continue
          pairs += 1
          if (found !== 'same order') inversions.push({ where, ...found })
        }
      }
    }
  }
  return { pairs, inversions, missing: missingOf(a, b) }
}

function missingOf(a: BenchReport, b: BenchReport): readonly string[] {
  const [first, second] = [a, b].map(
    ({ cells }) => new Set(cells.filter(({ samples }) => samples.length > 0).map(cellName)),
  ) as [Set<string>, Set<string>]
  return [...[...first].filter((name) => !second.has(name)), ...[...second].filter((name) => !first.has(name))]
}

/** A run that compared nothing, or not everything, has not agreed. */
export function isAgreeing(comparisons: readonly Comparison[]): boolean {
  const isEach = comparisons.every(
    ({ inversions, missing }) => missing.length === 0 && inversions.every(({ isWithinSpread }) => isWithinSpread),
  )
  return isEach && comparisons.some(({ pairs }) => pairs > 0)
}

type Both = { readonly a: CellReport; readonly b: CellReport }

function judgePair(key: string, first: Both, second: Both): 'same order' | Omit<Inversion, 'where'> | undefined {
  const [a1, a2] = [figureOf(first.a, key), figureOf(second.a, key)]
  const [b1, b2] = [figureOf(first.b, key), figureOf(second.b, key)]
  if (a1 === undefined || a2 === undefined || b1 === undefined || b2 === undefined) return undefined
  if ((a1.median - a2.median) * (b1.median - b2.median) >= 0) return 'same order'
  const say = (one: number, other: number): string => `${digits(one)} and ${digits(other)}`
  return {
    text: `${first.a.variant} and ${second.a.variant}: ${say(a1.median, a2.median)}, then ${say(b1.median, b2.median)}`,
    isWithinSpread: isOverlapping(a1, a2) || isOverlapping(b1, b2),
  }
}

/** For people. */
export function comparisonText({ pairs, inversions, missing }: Comparison): string {
  const beyond = inversions.filter(({ isWithinSpread }) => !isWithinSpread)
  const lines = inversions.map(
    ({ where, text, isWithinSpread }) =>
      `  ${isWithinSpread ? 'within the spread' : 'BEYOND THE SPREAD'}  ${where}  ${text}`,
  )
  const counts = [
    `${pairs} pairs`,
    `${pairs - inversions.length} in the same order`,
    `${inversions.length - beyond.length} turned round within the spread`,
    `${beyond.length} beyond it`,
  ]
  const absent = missing.map((name) => `  MISSING OR FAILED IN ONE  ${name}`)
  return [counts.join(', '), ...lines, ...absent].join('\n')
}
