/** From `kill -9` to the end. */
import type { Bench } from './harness/bench.ts'

const VARIANT = 'skein, 500 runs'
const MS_MAX = 500

export const recovery: Bench = {
  name: 'recovery',
  summary: 'From the restart after `kill -9` until every one of 500 interrupted runs has its value.',
  method: `
    A program starts 500 runs of ten steps, each step a keyed write of 10 ms, and kills itself with \`kill -9\` when
    2,000 steps have been done. The same program is started again and asks for the same 500 runs. The time runs from
    its spawn until all of them have their values, which are checked; so is that no step is done again that stood in a
    journal. The package is compiled, as an install leaves it.
  `,
  rounds: 5,
  figures: [
    { key: 'finishedMs', label: 'spawn to all finished, ms', better: 'less' },
    { key: 'loadMs', label: 'of it: Node and modules', better: 'less' },
    { key: 'openMs', label: 'of it: open()', better: 'less' },
    { key: 'runMs', label: 'of it: runs', better: 'less' },
    { key: 'stepsRepeated', label: 'steps in flight, done again', better: 'less' },
  ],
  cells: [{ variant: VARIANT, script: 'cells/recovery/skein.ts', quick: { runs: 100, killAfter: 400 } }],
  goals: [
    {
      what: 'recovery of 500 runs, from the restart to all finished',
      toReach: `≤ ${MS_MAX} ms`,
      judge: (measured) => {
        const ms = measured.median(VARIANT, 'finishedMs')
        return ms === undefined ? undefined : { isReached: ms <= MS_MAX, figure: `${ms.toFixed(0)} ms` }
      },
    },
  ],
}
