/** What a data folder holds, read as an auditor reads it. */
import { nodeHash, readEmbedded } from '../../src/engine/index.ts'
import type { Engine, Frame, JournalProblem } from '../../src/engine/index.ts'
import type { Pid } from '../../src/std/index.ts'
import type { Journal } from '../../src/testing/oracle/journal.ts'

/** All journals of a folder, what is wrong with their chains, and the names of their facts, frame by frame. */
export type Found = {
  readonly journals: readonly Journal[]
  readonly broken: readonly string[]
  readonly frames: ReadonlyMap<Pid, readonly (readonly string[])[]>
}

/** Reads a folder that nobody owns. */
export async function readFolder(folder: string): Promise<Found> {
  using reader = readEmbedded(folder, nodeHash)
  return await readJournals(reader)
}

/** Reads all that `reader` can see. */
export async function readJournals(
  reader: Pick<Engine, 'list' | 'history'> & { verify(): AsyncIterable<JournalProblem> | Iterable<JournalProblem> },
): Promise<Found> {
  const journals: Journal[] = []
  const frames = new Map<Pid, readonly (readonly string[])[]>()
  const broken: string[] = []
  for await (const { pid } of reader.list({})) {
    const read: Frame[] = []
    for await (const frame of reader.history(pid)) read.push(frame)
    const journal = { pid, facts: read.flatMap((frame) => frame.facts) }
    const names = namesOf(journal)
    journals.push(journal)
    frames.set(
      pid,
      read.map((frame) => frame.facts.flatMap((fact) => names[fact.seq] ?? [])),
    )
  }
  for await (const { pid, n, problem } of reader.verify()) broken.push(`chain of ${pid}, frame ${n}: ${problem}`)
  return { journals, broken, frames }
}

/** How many frames each process had. */
export type Edge = ReadonlyMap<Pid, number>

/** Where a kill cut the journals. */
export function edgeOf({ frames }: Found): Edge {
  return new Map([...frames].map(([pid, all]) => [pid, all.length]))
}

/** The facts on both sides of a cut: the last that were there, and the first that were not. */
export function factsAt(edge: Edge, { frames }: Found): readonly string[] {
  return [...edge].flatMap(([pid, length]) => (frames.get(pid) ?? []).slice(Math.max(0, length - 1), length + 1).flat())
}

/** Names of all facts of a run. */
export function factNames({ journals }: { readonly journals: readonly Journal[] }): readonly string[] {
  return journals.flatMap(namesOf)
}

/** A name for each fact that is the same in every run of a program. */
function namesOf({ pid, facts }: Journal): readonly string[] {
  let segment = 0
  return facts.map((fact) => {
    if (fact.type === 'snapshot') segment = fact.segment
    const attempt = 'attempt' in fact ? fact.attempt : ''
    const key = 'key' in fact ? fact.key : 'scope' in fact ? fact.scope : ''
    return `${pid}/${segment} ${fact.type} ${key} ${attempt}`
  })
}
