/** Deploys of a server under load. */
import type { Bench } from './harness/bench.ts'

const VARIANT = 'skein, deployed under load'

export const handover: Bench = {
  name: 'handover',
  summary: 'The pause of a server that is deployed again and again under load, and what was lost or done twice.',
  method: `
    A real server on one data folder, ten workflows that never rest, and a ledger in a process of its own that the
    tools write to. The next server is started while the old one works, as a deploy does. The ledger counts what was
    done, when, and how often.
  `,
  rounds: 1,
  figures: [
    { key: 'deploys', label: 'deploys', better: 'none' },
    { key: 'effects', label: 'effects done, by the ledger', better: 'none' },
    { key: 'effectsPerSecond', label: 'effects/s', better: 'none' },
    { key: 'pauseMedianMs', label: 'pause around a deploy, ms, median', better: 'less' },
    { key: 'pauseMaxMs', label: 'pause around a deploy, ms, longest', better: 'less' },
    { key: 'processPauseMaxMs', label: 'of any one process, ms, longest', better: 'less' },
    { key: 'usualPauseMs', label: 'longest pause away from deploys, ms', better: 'none' },
    { key: 'ownerlessMaxMs', label: 'longest time without an owner, ms', better: 'less' },
    { key: 'lost', label: 'lost', better: 'less' },
    { key: 'repeated', label: 'done twice', better: 'less' },
    { key: 'inDoubt', label: 'in doubt', better: 'less' },
  ],
  cells: [{ variant: VARIANT, script: 'cells/handover/deploys.ts', args: { deploys: 20 }, quick: { deploys: 3 } }],
  goals: [
    {
      what: 'deploy of an embedded server under load',
      toReach: 'pause < 1 s, 0 lost, 0 repeated',
      judge: (measured) => {
        const [pause, lost, repeated] = ['pauseMaxMs', 'lost', 'repeated'].map((key) => measured.median(VARIANT, key))
        if (pause === undefined || lost === undefined || repeated === undefined) return undefined
        return {
          isReached: pause < 1000 && lost === 0 && repeated === 0,
          figure: `longest pause ${pause.toFixed(0)} ms, ${lost} lost, ${repeated} repeated`,
        }
      },
    },
  ],
}
