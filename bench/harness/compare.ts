/** Whether two reports of a bench put their variants in the same order, figure by figure. */
import type { Bench } from './bench.ts'
import { figureOf, groupsOf, type BenchReport, type CellReport } from './report.ts'
import { digits, isOverlapping } from './spread.ts'

export type Inversion = {
  readonly where: string
  readonly text: string
  /** In one of the reports the two spreads overlap: their order says nothing there. */
  readonly isWithinSpread: boolean
}

export type Comparison = { readonly pairs: number; readonly inversions: readonly Inversion[] }

/** Every pair of variants, by every figure that is better one way, in every group. */
export function compare(bench: Bench, a: BenchReport, b: BenchReport): Comparison {
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
  return { pairs, inversions }
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
export function comparisonText({ pairs, inversions }: Comparison): string {
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
  return [counts.join(', '), ...lines].join('\n')
}
