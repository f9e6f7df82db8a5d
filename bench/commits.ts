/** Commits that one sequential process waits for. */
import type { Bench } from './harness/bench.ts'

export const commits: Bench = {
  name: 'commits',
  summary: 'Commits that one sequential process waits for, per effect, by class of effect.',
  method: `
    A run of 200 effects on the embedded engine, whose store is wrapped to count its commits; those of a run without
    effects are taken off. The counts are exact, so one round says everything.
  `,
  rounds: 1,
  figures: [
    { key: 'commitsPerDraw', label: 'a draw (`ctx.now()`)', better: 'less' },
    { key: 'commitsPerLocalTool', label: 'a local tool', better: 'less' },
    { key: 'commitsPerReadTool', label: 'a tool that reads', better: 'less' },
    { key: 'commitsPerWriteTool', label: 'a tool that writes', better: 'less' },
    { key: 'commitsPerKeyedWriteTool', label: 'a tool that writes under a key', better: 'less' },
    { key: 'commitsPerStep', label: 'a step', better: 'less' },
  ],
  cells: [{ variant: 'skein, commits per effect', script: 'cells/commits/count.ts' }],
}
