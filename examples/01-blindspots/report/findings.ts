/** Findings: survivors grouped by line, as people read them. */
import { saysOf } from '../code/operators/index.ts'
import type { Change, Survivor } from '../run/types.ts'

export type Finding = {
  readonly file: string
  readonly line: number
  readonly survivors: readonly Survivor[]
}

/** By file and line; a line that several changes got past is one finding. */
export function findingsOf(survivors: readonly Survivor[]): readonly Finding[] {
  const byPlace = new Map<string, Survivor[]>()
  for (const survivor of survivors) {
    const place = `${survivor.change.file}:${survivor.change.line}`
    byPlace.set(place, [...(byPlace.get(place) ?? []), survivor])
  }
  const findings = [...byPlace.values()].map((group) => {
    const { file, line } = (group[0] as Survivor).change
    return { file, line, survivors: group.toSorted((a, b) => a.change.column - b.change.column) }
  })
  return findings.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
}

const SHOWN_MAX = 48

/** A change in a few words: what it does, and the texts that were swapped. */
export function wordsOf({ before, after, operator }: Change): string {
  const short = (text: string): string => {
    const line = text.replaceAll(/\s+/g, ' ').trim()
    return line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX - 1)}…` : line
  }
  if (after.trim() === '' || after === ';') return `${saysOf(operator)}: without ${short(before)}`
  return before.trim() === ''
    ? `${saysOf(operator)}: with ${short(after)}`
    : `${saysOf(operator)}: ${short(before)} → ${short(after)}`
}
