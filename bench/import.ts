/** What a package costs before it has done anything. */
import type { Bench, Cell } from './harness/bench.ts'

const VARIANT = 'skein'
const IMPORT_MS_MAX = 60
const DEPENDENCIES_MAX = 12
const TYPES_MS_MAX = 1000

const OTHERS = {
  'AI SDK': 'ai',
  'OpenAI Agents': 'openai-agents',
  'LangGraph + SqliteSaver': 'langgraph',
  'Mastra + libSQL': 'mastra',
  'Restate SDK + server': 'restate',
  'DBOS (without PostgreSQL)': 'dbos',
} as const

const others: readonly Cell[] = Object.entries(OTHERS).map(([variant, peer]) => ({
  variant,
  peer,
  script: 'cells/import/peer.ts',
  args: { peer },
}))

export const imports: Bench = {
  name: 'import',
  summary:
    'What a package costs before it has done anything: to import, to install, and to check the types of 100 tools.',
  method: `
    Skein is compiled, packed by \`npm pack\` and installed from the archive into an empty folder; the others lie in
    \`bench/peers\`, from their lock files. Importing is measured in fresh processes of plain Node, seven times, by the
    time around the imports that an agent with a tool needs, zod included (the median), and by RSS after them; and once more
    without zod. The difference is zod’s own where the package does not load it, as Skein does not. The
    size is that of all of \`node_modules\`, with zod.

    The types are those of a hundred tools with zod schemas (a described string, an optional number, an array of
    objects with an enum, a union), in one agent whose result is used, checked by TypeScript 6 with \`strict\` and
    \`skipLibCheck\`; and once more without the framework, for what the schemas cost by themselves. Restate and DBOS have no tools.
  `,
  reference: VARIANT,
  rounds: 3,
  figures: [
    { key: 'importMs', label: 'import ms', better: 'less', hasRatio: true },
    { key: 'importAloneMs', label: 'without zod', better: 'less' },
    { key: 'importRssMb', label: 'RSS MB after', better: 'less' },
    { key: 'installMb', label: 'installed MB', better: 'less' },
    { key: 'packages', label: 'packages', better: 'less' },
    { key: 'directDependencies', label: 'direct dependencies', better: 'less' },
    { key: 'typesCheckMs', label: 'types check ms', better: 'less' },
    { key: 'schemasCheckMs', label: 'schemas alone', better: 'none' },
    { key: 'typesTotalMs', label: 'tsc total ms', better: 'less' },
    { key: 'instantiations', label: 'type instantiations', better: 'less' },
  ],
  cells: [{ variant: VARIANT, script: 'cells/import/skein.ts' }, ...others],
  goals: [
    {
      what: 'import / install',
      toReach: `< ${IMPORT_MS_MAX} ms, ≤ ${DEPENDENCIES_MAX} direct dependencies, types of 100 tools checked in < 1 s`,
      judge: (measured) => {
        const of = (key: string): number | undefined => measured.median(VARIANT, key)
        const [own, whole, direct] = [of('importAloneMs'), of('importMs'), of('directDependencies')]
        const types = of('typesCheckMs')
        const alone = of('schemasCheckMs')
        const schemas = alone === undefined ? '' : `, their schemas without us in ${alone.toFixed(0)}`
        if (own === undefined || whole === undefined || direct === undefined || types === undefined) return undefined
        const told = others.flatMap(({ variant }) => {
          const theirs = measured.median(variant, 'importAloneMs')
          return theirs === undefined ? [] : [`${variant} ${theirs.toFixed(0)} ms`]
        })
        const words = `${own.toFixed(0)} ms, with zod ${whole.toFixed(0)}; ${direct} direct dependencies`
        return {
          isReached: own < IMPORT_MS_MAX && direct <= DEPENDENCIES_MAX && types < TYPES_MS_MAX,
          figure: `${words}; types checked in ${types.toFixed(0)} ms${schemas}`,
          ...(told.length === 0 ? {} : { peers: told.join(', ') }),
        }
      },
    },
  ],
}
