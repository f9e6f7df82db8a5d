/** What a bench is: cells that are measured side by side, what their figures mean, and which rows of the scoreboard they answer. */

/** Whose work a cell measures: ours, the least that could do it, or somebody else's. */
export type Side = 'skein' | 'bare' | 'peer'

export type CellArguments = Readonly<Record<string, string | number>>

/**
 * One variant, measured in a fresh process: `node <script> --key value …` prints one line of JSON, a flat object of
 * numbers, and exits non-zero when its own check of the work fails.
 */
export type Cell = {
  readonly variant: string
  /** Cells are compared within a group, such as `1,000 runs at once`; a page has a table for each. */
  readonly group?: string
  readonly side?: Side
  /** A folder of `bench/peers`; such a cell runs only with `--peers`. */
  readonly peer?: string
  /** From `bench/`. */
  readonly script: string
  readonly args?: CellArguments
  /** Instead of some of `args`, with `--quick`. */
  readonly quick?: CellArguments
  /** For what is too slow to be asked as often as the rest. */
  readonly roundsMax?: number
  readonly timeoutMs?: number
}

/** A number that cells say, under the same key. */
export type Figure = {
  readonly key: string
  readonly label: string
  /** Which is better; `none` where it only describes the work. */
  readonly better: 'less' | 'more' | 'none'
  /** The table has a column that divides this figure by the reference's. */
  readonly hasRatio?: boolean
}

/** What was measured: medians by variant, group and key. */
export type Measured = {
  readonly median: (variant: string, key: string, group?: string) => number | undefined
}

/** One of the targets, answered by this bench. */
export type Goal = {
  readonly what: string
  readonly toReach: string
  /** Undefined when the cells it needs were not measured. */
  readonly judge: (measured: Measured) => Verdict | undefined
  /** Why it is not reached, when it is not. */
  readonly why?: string
}

export type Verdict = { readonly isReached: boolean; readonly figure: string; readonly peers?: string }

export type Bench = {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** How it is measured: paragraphs with blank lines between them; how far they are set in does not matter. */
  readonly method: string
  readonly cells: readonly Cell[]
  readonly figures: readonly Figure[]
  /** The variant that ratios are taken to. */
  readonly reference?: string
  readonly goals?: readonly Goal[]
  /** Said under "Where we lose", beside what the figures say themselves. */
  readonly losses?: readonly string[]
  /** Of one run of this bench, unless `--rounds` says otherwise. */
  readonly rounds?: number
}

export const sideOf = (cell: Cell): Side => cell.side ?? (cell.peer === undefined ? 'skein' : 'peer')

/** Names a cell within its bench. */
export const cellName = ({ group, variant }: { readonly group?: string; readonly variant: string }): string =>
  group === undefined ? variant : `${group} · ${variant}`
