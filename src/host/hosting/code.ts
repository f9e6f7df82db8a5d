/**
 * The code of one host: what it was given, what the program has defined, and the files that the folder remembers.
 *
 * Invariants:
 * 1. A remembered file is loaded once, and only when a process needs it.
 * 2. A file that does not load parks its own processes (`CODE_ABSENT`); the others go on.
 */
import { dirname, resolve } from 'node:path'
import { codeDigest, createRegistry } from '../../kernel/index.ts'
import type { AnyDefinition, CodeRegistry, DefinitionRegistry, StartRequest } from '../../kernel/index.ts'
import { toSkeinError } from '../../std/index.ts'
import type { Hash } from '../../std/index.ts'
import { loadFile } from '../load/definitions.ts'
import type { LoadedFile } from '../load/definitions.ts'
import { userFileHooks } from '../load/hooks.ts'

/** What this host can run. */
export class Code implements Disposable {
  readonly #registry: DefinitionRegistry
  readonly #hash: Hash
  readonly #folder: string
  readonly #warn: (line: string) => void
  readonly #loads = new Map<string, Promise<void>>()
  #hooks: Disposable | undefined

  /** Remembered files are named relative to `folder`. */
  constructor(options: { readonly hash: Hash; readonly folder: string; readonly warn: (line: string) => void }) {
    this.#registry = createRegistry(options.hash)
    this.#hash = options.hash
    this.#folder = options.folder
    this.#warn = options.warn
  }

  get registry(): CodeRegistry {
    return this.#registry
  }

  /** What it can run, by name. */
  get known(): DefinitionRegistry {
    return this.#registry
  }

  register(definition: AnyDefinition): void {
    this.#registry.register(definition)
  }

  /** Makes sure that a definition is known; what the program has made is known by itself, and forgotten when there are too many. */
  keep(definition: AnyDefinition): void {
    if (this.#registry.exact(definition.name, codeDigest(definition, this.#hash)) === undefined)
      this.register(definition)
  }

  /** Registers all that a file exports. */
  take(loaded: LoadedFile): void {
    for (const definition of loaded.named.values()) this.register(definition)
    if (loaded.main !== undefined) this.register(loaded.main)
    this.#loads.set(loaded.file, Promise.resolve())
  }

  /** Makes sure that the code of a process is here, if it can be found. Never rejects. */
  async ready(start: StartRequest): Promise<void> {
    if (start.file === undefined || this.#registry.find(start.workflow) !== undefined) return
    const file = resolve(this.#folder, start.file)
    const load = this.#loads.get(file) ?? this.#load(file)
    this.#loads.set(file, load)
    await load
  }

  [Symbol.dispose](): void {
    this.#hooks?.[Symbol.dispose]()
    this.#hooks = undefined
  }

  async #load(file: string): Promise<void> {
    try {
      this.#hooks ??= userFileHooks()
      this.take(await loadFile(file, dirname(file)))
    } catch (thrown) {
      const error = toSkeinError(thrown)
      this.#warn(`${error.code}: ${file}: ${error.message}; its processes are parked, the others go on`)
    }
  }
}
