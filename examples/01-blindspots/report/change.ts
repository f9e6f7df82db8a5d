/** A change as people see it: the lines as they were and as they are. */
import type { Proposal } from '../code/propose.ts'

const LINES_MAX = 6

/** The whole lines that a change touches, before and after, without the indentation they share. */
export function shownChange(source: string, change: Proposal): { readonly was: string; readonly is: string } {
  const end = change.start + change.before.length
  const from = source.lastIndexOf('\n', change.start - 1) + 1
  const lineEnd = source.indexOf('\n', end)
  const to = lineEnd < 0 ? source.length : lineEnd
  const was = source.slice(from, to)
  const is = source.slice(from, change.start) + change.after + source.slice(end, to)
  return { was: shortened(was), is: shortened(is) }
}

function shortened(text: string): string {
  const lines = text.split('\n')
  const indent = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  )
  const shown = lines.slice(0, LINES_MAX).map((line) => line.slice(Number.isFinite(indent) ? indent : 0).trimEnd())
  return lines.length > LINES_MAX ? `${shown.join('\n')}\n…` : shown.join('\n')
}
