/** What a data folder holds, read as an auditor reads it. */
import { nodeHash, readEmbedded } from '../../src/engine/index.ts'
import type { Fact } from '../../src/kernel/index.ts'
import type { Journal } from '../../src/testing/index.ts'

/** All journals of a folder, what is wrong with their chains, and the facts that were written last. */
export type Found = {
  readonly journals: readonly Journal[]
  readonly broken: readonly string[]
  /** Facts of the last frame of each process, and of the first that would have come: where a resume goes on. */
  readonly edge: readonly string[]
  readonly all: readonly string[]
}

/** Reads a folder that nobody owns. */
export async function readFolder(folder: string): Promise<Found> {
  using reader = readEmbedded(folder, nodeHash)
  const journals: Journal[] = []
  const edge: string[] = []
  const broken: string[] = []
  for await (const view of reader.list({})) {
    const facts: Fact[] = []
    let last: readonly Fact[] = []
    for await (const frame of reader.history(view.pid)) {
      facts.push(...frame.facts)
      last = frame.facts
    }
    journals.push({ pid: view.pid, facts })
    edge.push(...namesOf({ pid: view.pid, facts }).slice(facts.length - last.length))
  }
  for await (const { pid, n, problem } of reader.verify()) broken.push(`chain of ${pid}, frame ${n}: ${problem}`)
  return { journals, broken, edge, all: journals.flatMap(namesOf) }
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
