/** Journals in a file: JSON lines, a head and one process a line (docs/journals.md). */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ProcessView } from '../../engine/index.ts'
import { FACT_VERSION } from '../../kernel/index.ts'
import type { Fact } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'

/** The version of the file's form. */
const FILE_VERSION = 1

/** One process with its open segment: the birth, and all from the last snapshot on. */
export type ExportedJournal = {
  readonly pid: Pid
  readonly parent?: Pid
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly status: string
  readonly facts: readonly Fact[]
  /** Why it was left out of a masked export: there are no facts then. */
  readonly unmaskable?: string
}

/** The first line. */
export function headLine(): string {
  return `${JSON.stringify({ skein: 'journals', v: FILE_VERSION, facts: FACT_VERSION })}\n`
}

/** The line of a process. */
export function journalLine(view: ProcessView, facts: readonly Fact[], unmaskable?: string): string {
  const { pid, parent, kind, workflow, status } = view
  const exported: ExportedJournal = {
    pid,
    ...(parent === undefined ? {} : { parent }),
    kind,
    workflow,
    status,
    facts: openSegment(facts),
    ...(unmaskable === undefined ? {} : { unmaskable }),
  }
  return `${JSON.stringify(exported)}\n`
}

/** The birth, and everything from the last snapshot on. */
export function openSegment(facts: readonly Fact[]): readonly Fact[] {
  const at = facts.findLastIndex((fact) => fact.type === 'snapshot')
  return at < 0 ? facts : [...facts.slice(0, 1), ...facts.slice(at)]
}

/** The journals of a file, one after the other. Throws `FILE_UNREADABLE`, naming the line. */
export async function* readJournals(file: string): AsyncGenerator<ExportedJournal> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  let n = 0
  try {
    for await (const line of lines) {
      n += 1
      if (n === 1) demandHead(line, file)
      else if (line.trim() !== '') yield JSON.parse(line) as ExportedJournal
    }
  } catch (cause) {
    if (SkeinError.isInstance(cause)) throw cause
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new SkeinError('FILE_UNREADABLE', `${file}, line ${Math.max(n, 1)}: ${said}`, { cause })
  }
  if (n === 0)
    throw new SkeinError('FILE_UNREADABLE', `${file} is empty; make it with: skein export --journals ${file}`)
}

function demandHead(line: string, file: string): void {
  let head: { readonly skein?: unknown; readonly v?: unknown } = {}
  try {
    head = JSON.parse(line) as typeof head
  } catch {
    // Said below: whatever it is, it is no head.
  }
  if (head.skein !== 'journals')
    throw new SkeinError('FILE_UNREADABLE', `${file} holds no journals; make it with: skein export --journals ${file}`)
  if (head.v !== FILE_VERSION)
    throw new SkeinError(
      'FILE_UNREADABLE',
      `${file} was written by another version of Skein (form ${String(head.v)}); read it with that`,
    )
}
