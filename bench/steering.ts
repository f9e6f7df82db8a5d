/** How soon a running process hears that it should stop. */
import type { Bench } from './harness/bench.ts'

export const steering: Bench = {
  name: 'steering',
  summary:
    'How soon a running process hears a cancel, a message that steers it, and a message that its `select` waits for.',
  method: `
    Each at random moments of processes that run a model call, a read, a write or a sub-agent of up to 60 ms, eight
    at once, on a real folder. Heard is when the fact stands in the journal; from then on nothing of what was let go
    of may be decided, which the journals are checked for.
  `,
  rounds: 1,
  figures: [
    { key: 'moments', label: 'random moments', better: 'none' },
    { key: 'missed', label: 'missed', better: 'less' },
    { key: 'offences', label: 'decided after it was let go of', better: 'less' },
    { key: 'cancelP50Ms', label: 'cancel is heard, ms, p50', better: 'less' },
    { key: 'cancelP99Ms', label: 'cancel is heard, ms, p99', better: 'less' },
    { key: 'steerP50Ms', label: 'a steering message is heard, ms, p50', better: 'less' },
    { key: 'steerP99Ms', label: 'a steering message is heard, ms, p99', better: 'less' },
    { key: 'stopP50Ms', label: 'a message to `select` is heard, ms, p50', better: 'less' },
    { key: 'stopP99Ms', label: 'a message to `select` is heard, ms, p99', better: 'less' },
    { key: 'driverP50Ms', label: 'the driver in flight is told, ms, p50', better: 'less' },
    { key: 'driverP99Ms', label: 'the driver in flight is told, ms, p99', better: 'less' },
  ],
  cells: [{ variant: 'skein', script: 'cells/steering/moments.ts', args: { moments: 1000 }, quick: { moments: 60 } }],
}
