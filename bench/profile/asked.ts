/** What `npm run profile` was asked for: a cell of ours, by its bench and the name of its script. */
import { basename } from 'node:path'
import { BadArguments } from '../harness/arguments.ts'
import type { Bench } from '../harness/bench.ts'

export type ProfileAsked = {
  readonly bench: string
  readonly variant: string
  /** From `bench/`. */
  readonly script: string
  readonly isHeap: boolean
  /** For the cell. */
  readonly args: readonly string[]
}

/** Without a variant it is `skein`, or the first where there is none. */
export function profileAsked(argv: readonly string[], benches: readonly Bench[]): ProfileAsked {
  const [name, ...rest] = argv
  if (name === undefined || name.startsWith('--')) throw new BadArguments('which bench?')
  const bench = benches.find((one) => one.name === name)
  if (bench === undefined) throw new BadArguments(`there is no bench ${name}`)
  const scripts = scriptsOf(bench)
  const isNamed = rest[0]?.startsWith('--') === false
  const variant = isNamed ? (rest[0] ?? '') : scripts.has('skein') ? 'skein' : ([...scripts.keys()][0] ?? '')
  const script = scripts.get(variant)
  if (script === undefined)
    throw new BadArguments(`${name} has no variant ${variant}: it has ${[...scripts.keys()].join(', ')}`)
  const said = isNamed ? rest.slice(1) : rest
  const args = said.filter((word) => word !== '--heap')
  return { bench: name, variant, script, isHeap: args.length < said.length, args }
}

/** For people. */
export function profileUsage(benches: readonly Bench[]): string {
  return [
    'usage: npm run profile -- <bench> [variant] [--heap] [arguments of the cell]',
    ...benches.map((bench) => `  ${bench.name}: ${[...scriptsOf(bench).keys()].join(' ')}`),
  ].join('\n')
}

/** Peers run in processes of their own and are not ours to profile. */
function scriptsOf({ cells }: Bench): ReadonlyMap<string, string> {
  const ours = cells.filter(({ peer }) => peer === undefined)
  return new Map(ours.map(({ script }) => [basename(script, '.ts'), script]))
}
