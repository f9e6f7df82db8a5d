/** What the command line of `npm run planted` asks for, and which bugs that are. Pure. */
import { parseArgs } from 'node:util'
import type { PlantedBug } from './planted-bug.ts'
import { digestOf } from './results.ts'
import type { PlantedResult } from './results.ts'
import { STAGE_NAMES } from './stages.ts'
import type { Stage } from './stages.ts'

/** How it is used. */
export const USAGE = `usage: npm run planted -- [options] [NAME ...]

Plants each bug in a scratch copy and runs the stages, cheapest first, until a test catches it; then writes the page.
Without a NAME it tries what is not caught yet; with NAMEs (or parts of them) those bugs only.

  --all           everything anew
  --stale         what was judged on older code than this
  --stage STAGE   one stage by itself, which is a column of its own: ${STAGE_NAMES.join(', ')}
  --report        write the page from the data that are there
  --list          the names of the bugs
  --help          this text`

/** What is asked for. */
export type Options = {
  readonly names: readonly string[]
  readonly which: 'open' | 'all' | 'stale'
  readonly stage?: Stage['name']
  readonly instead?: 'report' | 'list' | 'help'
}

/** Reads the command line. Throws a sentence for whoever wrote it. */
export function optionsOf(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      stale: { type: 'boolean', default: false },
      stage: { type: 'string' },
      report: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.all && values.stale) throw new Error('--all and --stale: one of them')
  const stage = STAGE_NAMES.find((name) => name === values.stage)
  if (values.stage !== undefined && stage === undefined)
    throw new Error(`no stage ${values.stage}: ${STAGE_NAMES.join(', ')}`)
  const instead = (['help', 'list', 'report'] as const).find((name) => values[name])
  return {
    names: positionals,
    which: values.all ? 'all' : values.stale ? 'stale' : 'open',
    ...(stage === undefined ? {} : { stage }),
    ...(instead === undefined ? {} : { instead }),
  }
}

const NEAR_MAX = 5

/** The bugs of these names, or of which they are a part. Throws and lists near names where there is none. */
export function named(bugs: readonly PlantedBug[], names: readonly string[]): readonly PlantedBug[] {
  const chosen = new Set<PlantedBug>()
  for (const name of names) {
    const exact = bugs.filter((bug) => bug.name === name)
    const found = exact.length > 0 ? exact : bugs.filter((bug) => bug.name.includes(name))
    if (found.length === 0) throw new Error(`no planted bug ${name}; near it:\n${near(bugs, name).join('\n')}`)
    for (const bug of found) chosen.add(bug)
  }
  return bugs.filter((bug) => chosen.has(bug))
}

/** Names that share most of their pairs of letters with one that is not there. */
function near(bugs: readonly PlantedBug[], name: string): readonly string[] {
  const wanted = pairsOf(name)
  const share = (of: string): number => {
    const pairs = pairsOf(of)
    return pairs.filter((pair) => wanted.includes(pair)).length / (pairs.length + wanted.length)
  }
  return bugs
    .toSorted((a, b) => share(b.name) - share(a.name))
    .slice(0, NEAR_MAX)
    .map((bug) => `  ${bug.name}`)
}

const pairsOf = (text: string): readonly string[] =>
  Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2).toLowerCase())

/** Which bugs are tried: `isOlder` says what was judged on other code than there is now. */
export function chosen(
  bugs: readonly PlantedBug[],
  { names, which, stage }: Options,
  known: {
    readonly results: ReadonlyMap<string, PlantedResult>
    readonly isOlder: (result: PlantedResult) => boolean
  },
): readonly PlantedBug[] {
  const among = names.length > 0 ? named(bugs, names) : bugs
  if (which === 'all' || (which === 'open' && names.length > 0)) return among
  return among.filter((bug) => {
    const result = known.results.get(bug.name)
    if (stage !== undefined && which === 'open') return result?.alone?.[stage] === undefined
    return isOpen(bug, result) || (which === 'stale' && result !== undefined && known.isOlder(result))
  })
}

/** Not caught with the text that it has now. */
export const isOpen = (bug: PlantedBug, result: PlantedResult | undefined): boolean =>
  result?.caught === undefined || result.edits !== digestOf(bug)
