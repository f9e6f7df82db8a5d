/** Whether a server can share its process with its runs. */
import type { Bench } from './harness/bench.ts'

const VARIANT = 'skein, 1,000 runs'

export const loop: Bench = {
  name: 'loop',
  summary: 'How long the event loop is held while 1,000 runs are alive.',
  method: `
    Workflows call a tool again and again whose answers come after half a second to one and a half, evenly spread.
    When all are under way the delay of the event loop is measured for five seconds, by a timer of one
    millisecond, which is part of the figures. With the engine at full load it is measured by the bench \`engine\`, whose goal it is.
  `,
  rounds: 5,
  figures: [
    { key: 'loopMsP50', label: 'event loop ms, p50', better: 'less' },
    { key: 'loopMsP99', label: 'event loop ms, p99', better: 'less' },
    { key: 'loopMsMax', label: 'event loop ms, worst', better: 'less' },
    { key: 'effectsPerSecond', label: 'effects/s', better: 'none' },
    { key: 'cpuShare', label: 'CPUs used', better: 'less' },
  ],
  cells: [{ variant: VARIANT, script: 'cells/loop/skein.ts', args: { runs: 1000, seconds: 5 }, quick: { seconds: 2 } }],
}
