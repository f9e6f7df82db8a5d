/**
 * Masks journals for an export (decision 012): finds the code that each process runs, which is run over the masked values.
 *
 * Invariants:
 * 1. The secret of the pseudonyms lives as long as the export, and is written nowhere.
 * 2. A journal whose code is not here, or does not bear masked values, is given out without any fact.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { nodeHash, nodeMacrotask, nodeRandom } from '../../engine/index.ts'
import type { ProcessView } from '../../engine/index.ts'
import { createRegistry, maskJournal, Pseudonyms } from '../../kernel/index.ts'
import type { Fact } from '../../kernel/index.ts'
import { readAnswer } from '../../model/index.ts'
import { toSkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { loadFile } from '../load/definitions.ts'
import { codeOf } from '../operate/upgrade.ts'
import { openSegment } from './journal-file.ts'

const SECRET_BYTES = 32

/** What is written of one process. */
export type MaskedView = { readonly view: ProcessView; readonly facts: readonly Fact[]; readonly unmaskable?: string }

/** The masks of one export. */
export class MaskDesk {
  readonly #cwd: string
  readonly #warn: (line: string) => void
  readonly #registry = createRegistry(nodeHash)
  readonly #sources = new Map<string, string>()
  readonly #pseudonyms = new Pseudonyms(nodeRandom.hex(SECRET_BYTES), nodeHash)
  readonly #ports = { hash: nodeHash, macrotask: nodeMacrotask(), readAnswer }

  constructor(cwd: string, warn: (line: string) => void) {
    this.#cwd = cwd
    this.#warn = warn
  }

  /** Makes the code of a file known, and what it says itself: that is not masked. */
  async take(path: string): Promise<void> {
    const file = resolve(this.#cwd, path)
    if (this.#sources.has(file)) return
    this.#sources.set(file, '')
    try {
      const { main, named } = await loadFile(path, this.#cwd)
      for (const definition of [...named.values(), ...(main === undefined ? [] : [main])])
        this.#registry.register(definition)
      this.#sources.set(file, await readFile(file, 'utf8'))
    } catch (thrown) {
      const { code, message } = toSkeinError(thrown)
      this.#warn(`${code}: ${message}; its processes are left out`)
    }
  }

  async mask(view: ProcessView, facts: readonly Fact[]): Promise<MaskedView> {
    const segment = openSegment(facts)
    const definition = this.#registry.exact(view.workflow, codeOf(segment))
    const sources = [...this.#sources.values()]
    if (definition === undefined) {
      // Only its code could tell its own words from those of others: nothing but its name is given out.
      const why = 'the code that it runs is not here; name its file: skein export FILE --journals FILE --mask'
      return { view: { ...view, ...this.#named(view, segment) }, facts: [], unmaskable: why }
    }
    const masked = await maskJournal(
      { pid: view.pid, facts: segment, definition, sources },
      this.#pseudonyms,
      this.#ports,
    )
    const named = { ...view, ...this.#named(view, segment) }
    return masked.ok ? { view: named, facts: masked.facts } : { view: named, facts: [], unmaskable: masked.why }
  }

  /** The pid of a root is how people find it; that of a child holds a hash of what it was asked for. */
  #named({ pid, parent }: ProcessView, [born]: readonly Fact[]): { readonly pid: Pid; readonly parent?: Pid } {
    const root = born?.type === 'born' ? born.root : pid
    const nameOf = (one: Pid): Pid => (one === root ? one : (this.#pseudonyms.ofPid(one) as Pid))
    return { pid: nameOf(pid), ...(parent === undefined ? {} : { parent: nameOf(parent) }) }
  }
}
