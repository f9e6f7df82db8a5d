/** Where somebody else's figure is better than ours: read from the report, so that no page can leave it out. */
import type { Bench } from './bench.ts'
import { figureOf, groupsOf, type BenchReport, type CellReport } from './report.ts'
import { digits, isOverlapping } from './spread.ts'

/** One sentence for each figure and group in which a variant of another side beats our reference, or else any of ours. */
export function lossesOf(bench: Bench, report: BenchReport): readonly string[] {
  return groupsOf(report).flatMap((group) => {
    const cells = report.cells.filter((cell) => cell.group === group)
    const own = cells.filter(({ side }) => side === 'skein')
    const reference = own.filter(({ variant }) => variant === bench.reference)
    const judged = reference.length > 0 ? reference : own
    return judged.flatMap((ours) => lossesTo(bench, { group, ours, others: cells }))
  })
}

type Group = {
  readonly group: string | undefined
  readonly ours: CellReport
  readonly others: readonly CellReport[]
}

function lossesTo(bench: Bench, { group, ours, others }: Group): readonly string[] {
  return bench.figures.flatMap(({ key, label, better }) => {
    const own = figureOf(ours, key)
    if (better === 'none' || own === undefined) return []
    const ahead = others.flatMap((cell) => {
      const theirs = cell.side === 'skein' ? undefined : figureOf(cell, key)
      if (theirs === undefined) return []
      const isAhead = better === 'less' ? theirs.median < own.median : theirs.median > own.median
      const hedge = isOverlapping(theirs, own) ? ', within the spread' : ''
      return isAhead ? [`${cell.variant} ${digits(theirs.median)}${hedge}`] : []
    })
    if (ahead.length === 0) return []
    return [
      `${group === undefined ? '' : `${group}, `}${label}: ${ours.variant} ${digits(own.median)}; better: ${ahead.join(', ')}.`,
    ]
  })
}
