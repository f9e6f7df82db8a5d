/** What every cell does: takes numbers and words from its command line, works in a folder of its own, prints one line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What was said on the command line over what holds otherwise; a number where the default is one. */
export function cellArguments<A extends Readonly<Record<string, string | number>>>(defaults: A): A {
  const options = Object.fromEntries(Object.keys(defaults).map((key) => [key, { type: 'string' as const }]))
  const { values } = parseArgs({ options })
  const said = Object.entries(values).map(([key, value]) => [
    key,
    typeof defaults[key] === 'number' ? Number(value) : value,
  ])
  return { ...defaults, ...Object.fromEntries(said) } as A
}

/** Measures in a new folder, which is removed afterwards, and prints what was measured. */
export async function cell(measure: (folder: string) => Promise<Readonly<Record<string, number>>>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-cell-'))
  try {
    console.log(JSON.stringify(await measure(folder)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The value below which `share` of all lie. */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
