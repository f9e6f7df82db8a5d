/** Several workers over one Postgres database, beside a durable-execution library over the same one. */
import type { Bench } from './harness/bench.ts'

const RATE = 'effectsPerSecond'
const args = { processes: 300, effects: 20 }
const DBOS = 'DBOS on PostgreSQL'
const ONE = 'skein, 1 worker'
const TIMES_DBOS = 5

export const postgres: Bench = {
  name: 'postgres',
  summary: 'Durable effects per second over one PostgreSQL, by 1, 2 and 4 workers, beside DBOS.',
  method: `
    A fresh PostgreSQL with its defaults (fsync and synchronous_commit on) on this machine. 300 processes do their effects one
    after the other. In Skein an effect is a \`ctx.tool\` whose tool does nothing: its intent is durable before the tool runs,
    its outcome before the next tool does. In DBOS it is one \`DBOS.runStep\`, whose outcome is durable before the next.

    One process starts all runs and is the first worker; the others are processes of their own. Time is taken from the
    first start to the moment in which that process knows of the last end; of ends elsewhere it knows after 200 ms at most. CPU
    is that of all workers and of the server. All share the cores of this machine, so more workers can only use what one leaves.
  `,
  reference: DBOS,
  rounds: 3,
  figures: [
    { key: RATE, label: 'effects/s', better: 'more', hasRatio: true },
    { key: 'latencyMsP50', label: 'latency ms, p50', better: 'less' },
    { key: 'latencyMsP99', label: 'latency ms, p99', better: 'less' },
    { key: 'cpuMicrosPerEffect', label: 'CPU µs per effect', better: 'less', hasRatio: true },
    { key: 'mostOfOneWorker', label: 'share of the busiest worker', better: 'none' },
  ],
  cells: [
    ...[1, 2, 4].map((workers) => ({
      variant: workers === 1 ? ONE : `skein, ${workers} workers`,
      script: 'cells/postgres/skein.ts',
      args: { ...args, workers },
      quick: { effects: 5 },
    })),
    {
      variant: DBOS,
      peer: 'dbos',
      script: 'peers/dbos/engine.mjs',
      args: { ...args, effects: 10 },
      quick: { effects: 5 },
    },
  ],
  goals: [
    {
      what: 'durable effects/s over Postgres, 300 processes at once',
      toReach: `≥ ${TIMES_DBOS}x DBOS on the same server settings`,
      judge: ({ median }) => {
        const [ours, theirs] = [median(ONE, RATE), median(DBOS, RATE)]
        if (ours === undefined || theirs === undefined) return undefined
        const figure = `${(ours / theirs).toFixed(1)}x (${Math.round(ours)} of ${Math.round(theirs)} a second)`
        return { isReached: ours / theirs >= TIMES_DBOS, figure }
      },
    },
  ],
}
