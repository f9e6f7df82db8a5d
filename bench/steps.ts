/** CPU, throughput and memory per agent step. */
import type { Bench, Cell, Measured } from './harness/bench.ts'

/** Runs alive at once, and how many runs in all. */
const LOADS = [
  { atOnce: 1, runs: 200, group: '1 run at a time' },
  { atOnce: 100, runs: 300, group: '100 runs at once' },
  { atOnce: 1000, runs: 1000, group: '1,000 runs at once' },
] as const
const THOUSAND = LOADS[2].group

/** One variant under each load. */
function underLoads({ args, ...cell }: Omit<Cell, 'group'>): readonly Cell[] {
  return LOADS.map(({ group, atOnce, runs }) => ({
    ...cell,
    group,
    args: { 'at-once': atOnce, runs, ...args },
    quick: { runs: atOnce === 1 ? 20 : atOnce },
  }))
}

const SKEIN = 'skein, durable'
const AI = 'AI SDK'

/** What keeps nothing keeps nothing on a crash either; only the last of each is durable. */
const PEERS: readonly Omit<Cell, 'group'>[] = [
  { variant: 'AI SDK, stream', side: 'peer', script: 'cells/steps/ai-stream.ts', roundsMax: 2 },
  {
    variant: 'OpenAI Agents',
    peer: 'openai-agents',
    script: 'peers/openai-agents/steps.mjs',
    roundsMax: 2,
  },
  {
    variant: 'LangGraph',
    peer: 'langgraph',
    script: 'peers/langgraph/steps.mjs',
    args: { store: 'none', warm: 50 },
    roundsMax: 1,
  },
  {
    variant: 'LangGraph + MemorySaver',
    peer: 'langgraph',
    script: 'peers/langgraph/steps.mjs',
    args: { store: 'memory', warm: 50 },
    roundsMax: 1,
  },
  {
    variant: 'LangGraph + SqliteSaver, durable',
    peer: 'langgraph',
    script: 'peers/langgraph/steps.mjs',
    args: { store: 'folder', warm: 50 },
    roundsMax: 2,
  },
  {
    variant: 'Mastra',
    peer: 'mastra',
    script: 'peers/mastra/steps.mjs',
    args: { store: 'memory', warm: 20 },
    roundsMax: 1,
  },
  {
    variant: 'Mastra + libSQL, durable',
    peer: 'mastra',
    script: 'peers/mastra/steps.mjs',
    args: { store: 'folder', warm: 10 },
    roundsMax: 1,
  },
]

export const steps: Bench = {
  name: 'steps',
  summary:
    'CPU, throughput and memory per agent step (one model call and one tool call), with a model that costs nothing.',
  method: `
    A run is ten times a model call and a call of one tool (\`add\`, its arguments checked by a zod schema), and a
    last model call. The model is a stub in the shape that each framework asks for: it answers from the number of
    tool results in its prompt, at once with 1 and 100 runs, after 20 ms with 1,000, so that all of them are alive
    together. Every run checks its result, every cell the number of tool calls.

    CPU is user and system time of the whole process, threads included, over runs × 10: what a run costs besides its
    steps is spread over them. Before the clock starts come sequential warm-up runs and a collection. RSS is sampled
    every 5 ms.
  `,
  reference: SKEIN,
  rounds: 3,
  figures: [
    { key: 'cpuMicrosPerStep', label: 'CPU µs per step', better: 'less', hasRatio: true },
    { key: 'stepsPerSecond', label: 'steps/s', better: 'more' },
    { key: 'rssPeakMb', label: 'RSS MB, highest', better: 'less' },
    { key: 'heapMbAfter', label: 'heap MB after', better: 'less' },
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
    ...underLoads({ variant: AI, side: 'peer', script: 'cells/steps/ai.ts' }),
    ...PEERS.flatMap(underLoads),
  ],
  goals: [
    {
      what: 'one agent step (model + tool, mock), durable, CPU at 1,000 runs',
      toReach: '≤ 60 µs',
      judge: (measured) => {
        const own = measured.median(SKEIN, 'cpuMicrosPerStep', THOUSAND)
        return own === undefined
          ? undefined
          : { isReached: own <= 60, figure: `${own.toFixed(1)} µs`, ...others(measured) }
      },
    },
  ],
}

function others(measured: Measured): { readonly peers?: string } {
  const told = steps.cells.flatMap(({ variant, group, side }) => {
    const value = side === undefined ? undefined : measured.median(variant, 'cpuMicrosPerStep', group)
    return group !== THOUSAND || value === undefined ? [] : [`${variant} ${value.toFixed(0)}`]
  })
  return told.length === 0 ? {} : { peers: told.join(', ') }
}
