/** What the engine adds to the disk: durable effects beside the bare store. */
import type { Bench, Cell, Measured } from './harness/bench.ts'

const LOADS = [
  { processes: 1, effects: 1000, group: '1 process' },
  { processes: 100, effects: 100, group: '100 processes at once' },
  { processes: 1000, effects: 100, group: '1,000 processes at once' },
] as const
const [ONE, THOUSAND] = [LOADS[0].group, LOADS[2].group]
const BARE = 'bare store, one row per effect'
const EFFECTS = { reads: 'read', 'keyed writes': 'keyed', 'plain writes': 'plain' } as const
const RATE = 'effectsPerSecond'
const LATENCY = 'latencyMsP50'
const LOOP = 'loopMsP99'
const LOOP_MS_MAX = 10
const OF_THE_STORE = 1 / 3
const TIMES_THE_STORE = 1.3

function underLoads({ args, ...cell }: Omit<Cell, 'group'>): readonly Cell[] {
  return LOADS.map(({ group, processes, effects }) => ({
    ...cell,
    group,
    args: { processes, effects, ...args },
    quick: { effects: Math.ceil(effects / 5) },
  }))
}

const RESTATE = 'Restate, one server'
const LOCAL_TIMES_RESTATE = 1.5
const TIMES_RESTATE = 2.5

/** Whole servers take longer: they do ten effects a process (a hundred in a process that is alone), less often. */
const PEERS: readonly Cell[] = (
  [
    [RESTATE, 'restate'],
    ['DBOS on PostgreSQL', 'dbos'],
  ] as const
).flatMap(([variant, peer]) =>
  underLoads({ variant, peer, script: `peers/${peer}/engine.mjs`, roundsMax: 2 }).map((cell) => ({
    ...cell,
    args: { ...cell.args, effects: cell.group === ONE ? 100 : 10 },
    quick: { effects: 10 },
  })),
)

/** Ours on the same server, beside it: as many effects. */
const ON_RESTATE = { local: 'local', reads: 'read', 'keyed writes': 'keyed', 'plain writes': 'plain' } as const
const onRestate = (effects: string): string => `skein on Restate, ${effects}`
const SERVED: readonly Cell[] = Object.entries(ON_RESTATE).flatMap(([effects, effect]) =>
  underLoads({ variant: onRestate(effects), peer: 'restate', side: 'skein', script: 'cells/engine/restate.ts' }).map(
    (cell) => ({
      ...cell,
      roundsMax: 2,
      args: { ...cell.args, effect, effects: cell.group === ONE ? 100 : 10 },
      quick: { effects: 10 },
    }),
  ),
)

const variantOf = (effects: string): string => `skein, ${effects}`

export const engine: Bench = {
  name: 'engine',
  summary: 'Durable effects per second and their latency, beside a bare store with the same promise to its disk.',
  method: `
    Each process does its effects one after the other. On the bare store an effect is one row (WAL, synchronous FULL,
    with a group commit), durable before the next begins. In Skein it is a \`ctx.tool\` whose tool does nothing: its
    intent is durable before the tool runs, and its outcome, in one frame with the next intent, before the next tool
    runs. So both pay one commit per effect; Skein also makes keys, passes the gate, keeps accounts and chains hashes.

    Time is taken from the first start to the last end, so Skein's figure contains the starts and ends of its
    processes. Latency is what the process sees, from the call to the next line. Both count the effects that were done.

    At 1,000 processes the delay of Skein’s event loop is measured meanwhile, by a timer of one millisecond, which is
    part of its figures.

    Before the clock starts, each variant does one process more, which is not counted, so that all is loaded. What is left of
    warming up is in the figures, so processes are many effects long: with 20 each, a thousand of them spend half of their time
    in code that is not compiled yet.

    Restate is one server with its defaults, its worker and its client in processes of their own; an effect is one
    \`ctx.run\`. DBOS runs on a fresh PostgreSQL with its defaults; an effect is one \`DBOS.runStep\`. Both make
    their results durable before the next effect, and do ten effects a process (a hundred when there is one). CPU is
    that of all processes that take part, servers included.

    A \`local\` effect of ours on Restate promises less than \`ctx.run\`: the next one does not wait until its result is durable, only
    what is outward does, so several may share an entry of the server's journal, and after a kill they are done again. Reads
    and writes wait, as \`ctx.run\` does.
  `,
  reference: BARE,
  rounds: 5,
  figures: [
    { key: RATE, label: 'effects/s', better: 'more', hasRatio: true },
    { key: LATENCY, label: 'latency ms, p50', better: 'less' },
    { key: 'latencyMsP99', label: 'latency ms, p99', better: 'less' },
    { key: 'cpuMicrosPerEffect', label: 'CPU µs per effect', better: 'less', hasRatio: true },
    { key: LOOP, label: 'event loop ms, p99', better: 'less' },
    { key: 'loopMsMax', label: 'event loop ms, worst', better: 'less' },
  ],
  cells: [
    ...underLoads({ variant: BARE, side: 'bare', script: 'cells/engine/bare.ts' }),
    ...Object.entries(EFFECTS).flatMap(([effects, effect]) =>
      underLoads({ variant: variantOf(effects), script: 'cells/engine/skein.ts', args: { effect } }),
    ),
    ...PEERS,
    ...SERVED,
  ],
  goals: [
    {
      what: 'durable effects/s, 1,000 processes at once, engine on',
      toReach: '≥ 1/3 of the bare one-row group-commit store',
      judge: (measured) => {
        const ratio = leastRatio(measured, RATE, THOUSAND)
        if (ratio === undefined) return undefined
        const figure = `${(100 * ratio).toFixed(1)} % of the bare store`
        return { isReached: ratio >= OF_THE_STORE, figure, ...others(measured) }
      },
    },
    {
      what: 'one sequential process',
      toReach: '≤ 1.3x the store’s own commit latency per effect',
      judge: (measured) => {
        const slowest = slowestOf(measured, LATENCY, ONE)
        const bare = measured.median(BARE, LATENCY, ONE)
        if (slowest === undefined || bare === undefined) return undefined
        const { variant, value } = slowest
        return {
          isReached: value <= TIMES_THE_STORE * bare,
          figure: `${(value / bare).toFixed(2)}x (${variant}: ${value.toFixed(2)} of ${bare.toFixed(2)} ms)`,
        }
      },
    },
    ...(['local', 'reads', 'keyed writes', 'plain writes'] as const).map((effects) => {
      const timesMax = effects === 'local' ? LOCAL_TIMES_RESTATE : TIMES_RESTATE
      return {
        what: `our engine on Restate beside \`ctx.run\` alone, 1,000 processes: ${effects}`,
        toReach: `≤ ${timesMax}x its time per effect`,
        judge: (measured: Measured) => {
          const [raw, own] = [RESTATE, onRestate(effects)].map((variant) => measured.median(variant, RATE, THOUSAND))
          if (raw === undefined || own === undefined) return undefined
          return { isReached: raw / own <= timesMax, figure: `${(raw / own).toFixed(2)}x` }
        },
      }
    }),
    {
      what: 'event loop at 1,000 processes with the engine at full load, p99',
      toReach: `≤ ${LOOP_MS_MAX} ms`,
      judge: (measured) => {
        const slowest = slowestOf(measured, LOOP, THOUSAND)
        if (slowest === undefined) return undefined
        const { variant, value } = slowest
        return { isReached: value <= LOOP_MS_MAX, figure: `${value.toFixed(1)} ms (${variant})` }
      },
    },
  ],
}

type Own = { readonly variant: string; readonly value: number }

/** The one of our variants that has most of a figure; none when one of them was not measured. */
function slowestOf(measured: Measured, key: string, group: string): Own | undefined {
  const own = ownOf(measured, key, group)
  return own?.reduce((slowest, one) => (one.value > slowest.value ? one : slowest))
}

/** The least of the ratios to the bare store. */
function leastRatio(measured: Measured, key: string, group: string): number | undefined {
  const bare = measured.median(BARE, key, group)
  const own = ownOf(measured, key, group)
  return bare === undefined || own === undefined ? undefined : Math.min(...own.map(({ value }) => value / bare))
}

function ownOf(measured: Measured, key: string, group: string): readonly Own[] | undefined {
  const variants = Object.keys(EFFECTS).map(variantOf)
  const own = variants.flatMap((variant) => {
    const value = measured.median(variant, key, group)
    return value === undefined ? [] : [{ variant, value }]
  })
  return own.length === variants.length ? own : undefined
}

function others(measured: Measured): { readonly peers?: string } {
  const told = PEERS.flatMap(({ variant, group }) => {
    const rate = group === THOUSAND ? measured.median(variant, RATE, group) : undefined
    return rate === undefined ? [] : [`${variant} ${Math.round(rate).toLocaleString('en-US')}/s`]
  })
  return told.length === 0 ? {} : { peers: told.join(', ') }
}
