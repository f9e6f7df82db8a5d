/** Rows as lines of a terminal: aligned, cut to its width and height. */
import type { Tone } from '../words/state.ts'
import type { Row } from './tree.ts'

/** A line and how it is painted. */
export type Line = { readonly text: string; readonly tone: Tone }

const GAP = '  '

/** At most `rowsMax` lines, at most `columns` wide. What asks for somebody is never cut away. */
export function layOut(
  rows: readonly Row[],
  size: { readonly columns: number; readonly rowsMax: number },
): readonly Line[] {
  const shown = fit(rows, size.rowsMax)
  const aligned = shown.filter((row) => row.state !== '')
  const widths = CELLS.map((cell) => Math.max(0, ...aligned.map((row) => row[cell].length)))
  return shown.map((row) => ({ text: cut(lineOf(row, widths), size.columns), tone: row.tone }))
}

const CELLS = ['tree', 'state', 'effects', 'spend', 'elapsed'] as const

function lineOf(row: Row, widths: readonly number[]): string {
  if (row.state === '') return `${row.tree}${GAP}${row.note}`.trimEnd()
  const cells = CELLS.map((cell, i) =>
    cell === 'elapsed' ? row[cell].padStart(widths[i] ?? 0) : row[cell].padEnd(widths[i] ?? 0),
  )
  return [...cells.filter((_, i) => (widths[i] ?? 0) > 0), row.note].join(GAP).trimEnd()
}

/** Leaves out the quietest rows first: ended ones, then the last. The first row and those that ask stay. */
function fit(rows: readonly Row[], rowsMax: number): readonly Row[] {
  if (rows.length <= rowsMax) return rows
  const keep = new Set<Row>()
  const room = Math.max(1, rowsMax - 1)
  const byWeight = rows
    .map((row, i) => ({ row, weight: i === 0 ? 0 : weightOf(row.tone), i }))
    .sort((a, b) => a.weight - b.weight || a.i - b.i)
  for (const { row } of byWeight.slice(0, room)) keep.add(row)
  const left = rows.length - keep.size
  const more: Row = { tree: `… ${left} more`, state: '', effects: '', spend: '', elapsed: '', note: '', tone: 'dim' }
  return [...rows.filter((row) => keep.has(row)), more]
}

function weightOf(tone: Tone): number {
  switch (tone) {
    case 'ask':
    case 'bad':
      return 1
    case 'plain':
      return 2
    case 'dim':
      return 3
  }
}

/** A line that fits. */
export function cut(text: string, columns: number): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`
}
