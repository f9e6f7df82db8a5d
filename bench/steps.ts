/** CPU, throughput and memory per agent step. */
import type { Bench, Cell, Measured } from './harness/bench.ts'

/** Runs alive at once, and how many runs in all. */
const LOADS = [
  { atOnce: 1, runs: 200, group: '1 run at a time' },
  { atOnce: 100, runs: 300, group: '100 runs at once' },
  { atOnce: 1000, runs: 3000, group: '1,000 runs at once' },
] as const
const THOUSAND = LOADS[2].group

type Variant = Omit<Cell, 'group'> & {
  /** Instead of the usual ones, in the order of the loads. */
  readonly runsOf?: readonly [number, number, number]
}

/** One variant under each load. */
function underLoads({ args, runsOf, ...cell }: Variant): readonly Cell[] {
  return LOADS.map(({ group, atOnce, runs }, index) => ({
    ...cell,
    group,
    args: { 'at-once': atOnce, runs: runsOf?.[index] ?? runs, ...args },
    quick: { runs: atOnce === 1 ? 20 : atOnce, warm: 10 },
  }))
}

const CPU = 'cpuMicrosPerStep'
const CPU_MICROS_MAX = 60
const TIMES_BELOW_AI = 3
const RUNNING_KB_MAX = 50
const SKEIN = 'skein, durable'
const AI = 'AI SDK'
const MASTRA = 'Mastra + libSQL, durable'
const MASTRA_SCRIPT = 'peers/mastra/steps.mjs'
const LANGGRAPH = { peer: 'langgraph', script: 'peers/langgraph/steps.mjs' } as const
/** So many at once, where a thousand would take minutes. */
const MASTRA_AT_ONCE = 300

/** What keeps nothing keeps nothing on a crash either; only the last of each is durable. */
const PEERS: readonly Cell[] = [
  ...underLoads({ variant: AI, side: 'peer', script: 'cells/steps/ai.ts' }),
  ...underLoads({
    variant: 'AI SDK, stream',
    side: 'peer',
    script: 'cells/steps/ai-stream.ts',
    runsOf: [200, 300, 1000],
    roundsMax: 2,
  }),
  ...underLoads({
    variant: 'OpenAI Agents',
    peer: 'openai-agents',
    script: 'peers/openai-agents/steps.mjs',
    runsOf: [200, 300, 1000],
    roundsMax: 2,
  }),
  ...underLoads({
    variant: 'LangGraph',
    ...LANGGRAPH,
    args: { store: 'none', warm: 50 },
    runsOf: [200, 300, 1000],
    roundsMax: 1,
  }),
  ...underLoads({
    variant: 'LangGraph + MemorySaver',
    ...LANGGRAPH,
    args: { store: 'memory', warm: 50 },
    runsOf: [200, 300, 1000],
    roundsMax: 1,
  }),
  ...underLoads({
    variant: 'LangGraph + SqliteSaver, durable',
    ...LANGGRAPH,
    args: { store: 'folder', warm: 50 },
    runsOf: [200, 300, 1000],
    roundsMax: 2,
  }),
  ...underLoads({
    variant: 'Mastra',
    peer: 'mastra',
    script: MASTRA_SCRIPT,
    args: { store: 'memory', warm: 20 },
    runsOf: [50, 150, 1000],
    roundsMax: 1,
  }),
  ...underLoads({
    variant: MASTRA,
    peer: 'mastra',
    script: MASTRA_SCRIPT,
    args: { store: 'folder', warm: 10 },
    runsOf: [30, 100, MASTRA_AT_ONCE],
    roundsMax: 1,
  }).map((cell) =>
    cell.group === THOUSAND
      ? { ...cell, variant: `${MASTRA}, ${MASTRA_AT_ONCE} at once`, args: { ...cell.args, 'at-once': MASTRA_AT_ONCE } }
      : cell,
  ),
]

export const steps: Bench = {
  name: 'steps',
  summary:
    'CPU, throughput and memory per agent step (one model call and one tool call), with a model that costs nothing.',
  method: `
    A run is ten times a model call and a call of one tool (\`add\`, its arguments checked by a zod schema), and a
    last model call. The model is a stub in the shape that each framework asks for: it answers from the number of
    tool results in its prompt, at once with 1 and 100 runs, after 20 ms with 1,000, so that all of them are alive
    together. Every run checks its result, every cell the number of tool calls. Skein is told that the model takes as many
    calls at once as there are runs (\`models: { concurrency }\`, 64 by default), as one would with a provider of that size.

    CPU is user and system time of the whole process, threads included, over runs × 10: what a run costs besides its
    steps is spread over them. Before the clock starts come warm-up runs, at most 100 at once
    (300; of LangGraph 50, of Mastra 20, of its durable agent 10; 10 of everything with \`--quick\`) and a collection: what
    is slow has less of them, so that its code may be less compiled. The growth of RSS
    is from there to its highest, over the runs at once: what garbage is not yet collected counts as well. The live heap
    is taken once more, beside it: as many runs again, and when half of their tool calls are done a collection, and what
    is left of the heap above its size before, over the runs at once.

    What is slow is asked for fewer runs and rounds; Mastra with its durable agent (\`recovery: 'auto'\`, the setting
    that makes it write at every step) with ${MASTRA_AT_ONCE} runs at most. LangGraph's savers write a whole checkpoint
    at every step. Everything else keeps nothing, or in memory only.

    The bare journal and Skein sync the disk at every commit: SQLite with WAL, the one with \`synchronous=full\`, Skein by
    an \`fdatasync\` of its own beside the main thread, before it goes on with what the commit holds. LangGraph’s SQLite
    saver does not: its \`better-sqlite3\` is built with \`normal\`, under which a power cut may take the last commits.
    Mastra’s libSQL file is as its store opens it.
  `,
  reference: SKEIN,
  rounds: 3,
  figures: [
    { key: CPU, label: 'CPU µs per step', better: 'less', hasRatio: true },
    { key: 'stepsPerSecond', label: 'steps/s', better: 'more' },
    { key: 'rssPeakMb', label: 'RSS MB, highest', better: 'less' },
    { key: 'rssKbPerRun', label: 'growth of RSS, KB per run', better: 'less' },
    { key: 'heapMbAfter', label: 'heap MB after', better: 'less' },
    { key: 'heapKbPerRun', label: 'live heap, KB per run', better: 'less' },
  ],
  cells: [
    ...underLoads({
      variant: 'bare loop',
      side: 'bare',
      script: 'cells/steps/bare-journal.ts',
      args: { store: 'none' },
    }),
    ...underLoads({ variant: 'bare loop + journal', side: 'bare', script: 'cells/steps/bare-journal.ts' }),
    ...underLoads({ variant: SKEIN, script: 'cells/steps/skein.ts' }),
    ...underLoads({ variant: 'skein, in memory', script: 'cells/steps/skein.ts', args: { store: 'memory' } }),
    ...PEERS,
  ],
  goals: [
    {
      what: 'one agent step (model + tool, mock), durable, CPU at 1,000 runs',
      toReach: `≤ ${CPU_MICROS_MAX} µs`,
      judge: (measured) => {
        const own = measured.median(SKEIN, CPU, THOUSAND)
        return own === undefined
          ? undefined
          : { isReached: own <= CPU_MICROS_MAX, figure: `${own.toFixed(1)} µs`, ...others(measured) }
      },
    },
    {
      what: 'the same beside AI SDK’s loop, which keeps nothing',
      toReach: `${TIMES_BELOW_AI} times below`,
      judge: (measured) => {
        const [own, ai] = [SKEIN, AI].map((variant) => measured.median(variant, CPU, THOUSAND))
        return own === undefined || ai === undefined
          ? undefined
          : { isReached: ai >= TIMES_BELOW_AI * own, figure: `${(ai / own).toFixed(2)} times below` }
      },
    },
    {
      what: 'memory of a running process',
      toReach: `≤ ${RUNNING_KB_MAX} KB`,
      judge: (measured) => {
        const kb = measured.median(SKEIN, 'heapKbPerRun', THOUSAND)
        const rss = measured.median(SKEIN, 'rssKbPerRun', THOUSAND)
        if (kb === undefined || rss === undefined) return undefined
        const garbage = `RSS grows by ${rss.toFixed(0)} KB, uncollected garbage included`
        return { isReached: kb <= RUNNING_KB_MAX, figure: `${kb.toFixed(0)} KB of live heap; ${garbage}` }
      },
    },
  ],
}

function others(measured: Measured): { readonly peers?: string } {
  const told = steps.cells.flatMap(({ variant, group, side }) => {
    const value = side === undefined ? undefined : measured.median(variant, CPU, group)
    return group !== THOUSAND || value === undefined ? [] : [`${variant} ${value.toFixed(0)}`]
  })
  return told.length === 0 ? {} : { peers: told.join(', ') }
}
