/** What a verb of the command line is: its words, its help and its act, in one value per file. */
import type { Terminal } from './terminal.ts'

/** A flag. `value` is how its argument is called in help; a flag without one is a switch. */
export type Flag = { readonly value?: string; readonly optionalValue?: boolean; readonly help: string }

/** A positional argument; `optional` ones come last. */
export type Positional = { readonly name: string; readonly optional?: boolean }

/** What was typed, checked against the verb. */
export type Typed = {
  readonly positionals: readonly string[]
  text(flag: string): string | undefined
  has(flag: string): boolean
  /** A whole number; undefined where the flag was not given. Throws `USAGE` for what is none, or less. */
  wholeNumber(flag: string, least: number): number | undefined
}

/** What the list of verbs says of one. `load` brings the rest of it. */
export type ListedVerb = {
  readonly name: string
  /** One line for the list of verbs. */
  readonly summary: string
  load(): Promise<VerbBody>
}

/** What stands in the file of a verb. */
export type VerbBody = {
  /** What `--help` adds below the summary. */
  readonly about?: string
  readonly positionals: readonly Positional[]
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  /** Returns the exit code. */
  run(typed: Typed, terminal: Terminal): Promise<number>
}

/** One verb, whole. */
export type Verb = Pick<ListedVerb, 'name' | 'summary'> & VerbBody

const FILES_MAX = 4

/** Files of code, for a verb that takes several. */
export const FILES: readonly Positional[] = Array.from({ length: FILES_MAX }, () => ({ name: 'file', optional: true }))

/** Flags that every verb has. */
export const COMMON_FLAGS: Readonly<Record<string, Flag>> = {
  data: { value: 'DIR', help: 'the data folder (default: .skein, or `data` of skein.config)' },
  engine: {
    value: 'URL',
    help: 'the engine instead of a data folder: restate://127.0.0.1:8080 (default: `engine` of skein.config)',
  },
  json: { help: 'machine-readable output' },
  help: { help: 'show this help' },
}
