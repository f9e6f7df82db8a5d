/** The tables of a report, one for each group, for a terminal or a page. */
import type { Bench, Figure } from './bench.ts'
import { figureOf, groupsOf, type BenchReport, type CellReport } from './report.ts'
import { digits, spreadText } from './spread.ts'

export type Table = {
  readonly title: string | undefined
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Variants are rows; of a group with one variant, the figures are. */
export function tablesOf(bench: Bench, report: BenchReport): readonly Table[] {
  return groupsOf(report).map((group) => {
    const cells = report.cells.filter((cell) => cell.group === group)
    const figures = bench.figures.filter(({ key }) => cells.some((cell) => figureOf(cell, key) !== undefined))
    return cells.length === 1 ? tall(group, cells, figures) : wide({ bench, group, cells, figures })
  })
}

function tall(group: string | undefined, cells: readonly CellReport[], figures: readonly Figure[]): Table {
  const [cell] = cells as [CellReport]
  const rows = figures.map(({ key, label }) => [label, figureText(cell, key)])
  return { title: group, head: [cell.variant, ''], rows: [...rows, ...failureRows(cell, 2)] }
}

type Wide = {
  readonly bench: Bench
  readonly group: string | undefined
  readonly cells: readonly CellReport[]
  readonly figures: readonly Figure[]
}

function wide({ bench, group, cells, figures }: Wide): Table {
  const reference = cells.find(({ variant }) => variant === bench.reference)
  const columns = figures.flatMap((figure) => {
    const own = { label: figure.label, text: (cell: CellReport) => figureText(cell, figure.key) }
    if (reference === undefined || figure.hasRatio !== true) return [own]
    return [
      own,
      { label: `× ${reference.variant}`, text: (cell: CellReport) => ratioText(cell, reference, figure.key) },
    ]
  })
  const rows = cells.map((cell) => {
    if (cell.samples.length === 0 && cell.failures.length > 0)
      return [cell.variant, 'failed', ...columns.slice(1).map(() => '')]
    return [cell.variant, ...columns.map(({ text }) => text(cell))]
  })
  return { title: group, head: ['variant', ...columns.map(({ label }) => label)], rows }
}

function failureRows(cell: CellReport, width: number): readonly (readonly string[])[] {
  const isFailed = cell.samples.length === 0 && cell.failures.length > 0
  return isFailed ? [['failed', ...Array.from({ length: width - 1 }, () => '')]] : []
}

function figureText(cell: CellReport, key: string): string {
  const spread = figureOf(cell, key)
  return spread === undefined ? '–' : spreadText(spread)
}

function ratioText(cell: CellReport, reference: CellReport, key: string): string {
  const [own, other] = [figureOf(cell, key)?.median, figureOf(reference, key)?.median]
  return own === undefined || other === undefined || other === 0 ? '–' : digits(own / other)
}

/** One line for each cell that failed at least once. */
export function failuresOf(report: BenchReport): readonly string[] {
  return report.cells.flatMap((cell) => {
    const [first] = cell.failures
    if (first === undefined) return []
    const runs = cell.samples.length + cell.failures.length
    const where = cell.group === undefined ? '' : ` (${cell.group})`
    return [`${cell.variant}${where}: ${cell.failures.length} of ${runs} runs failed: ${first}`]
  })
}

/** For a terminal. */
export function plainTable({ title, head, rows }: Table): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `  ${row.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join('  ')}`
  return [...(title === undefined ? [] : [title]), ...all.map(line)].map((text) => text.trimEnd()).join('\n')
}

/** For a page. */
export function markdownTable({ head, rows }: Pick<Table, 'head' | 'rows'>): string {
  const line = (row: readonly string[]): string => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
