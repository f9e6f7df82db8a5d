/** What a planted bug meets, cheapest first: the first stage with a failing test catches it. */
import type { PlantedBug } from './planted-bug.ts'

/** A stage: its name, and the tests that it runs, by the beginnings of their paths. */
export type Stage = {
  readonly name: (typeof STAGE_NAMES)[number]
  /** `played` by threads; `warm` tests share one process; those that start processes of their own do not. */
  readonly runs: 'played' | 'warm' | 'cold'
  readonly tests: readonly string[]
  /** Only tests that are named after one of these. */
  readonly rules?: readonly string[]
}

const KERNEL = 'accounts definitions effects forks gate journal keys messages processes scopes workflows'
const UNIT_OF_KERNEL = KERNEL.split(' ').map((folder) => `src/kernel/${folder}/`)

const UNIT_OF_ENGINE = 'effect-lane group-commit activation post residency verify'
  .split(' ')
  .map((name) => `src/engine/embedded/${name}.test.ts`)

const foldersOf = (bug: PlantedBug): readonly string[] =>
  [...new Set(bug.edits.map(({ file }) => file.slice(0, file.lastIndexOf('/') + 1)))].filter(
    (folder) => folder !== 'src/engine/embedded/',
  )

/** Unit tests of the folders that it is in first, then those of their room. */
function unitOf(bug: PlantedBug): readonly string[] {
  const isOfEngine = bug.edits.some(({ file }) => file.startsWith('src/engine/'))
  const isOfKernel = bug.edits.some(({ file }) => file.startsWith('src/kernel/'))
  return [...foldersOf(bug), ...(isOfKernel ? UNIT_OF_KERNEL : []), ...(isOfEngine ? UNIT_OF_ENGINE : [])]
}

/** The stages, in order of what they cost. */
export const STAGE_NAMES = [
  'named',
  'seeds',
  'unit',
  'conformance',
  'rules',
  'simulation',
  'processes',
  'campaign',
] as const

/** A stage, for a bug. */
export function stageOf(bug: PlantedBug, name: (typeof STAGE_NAMES)[number]): Stage {
  switch (name) {
    case 'named': {
      const tests = [
        ...unitOf(bug),
        'src/kernel/',
        'src/engine/embedded/',
        'test/sim/',
        'test/conformance/simulated.test.ts',
      ]
      return { name, runs: 'warm', tests, rules: bug.breaks }
    }
    case 'seeds':
      return { name, runs: 'played', tests: [] }
    case 'unit':
      return { name, runs: 'warm', tests: unitOf(bug) }
    case 'conformance':
      return { name, runs: 'warm', tests: ['test/conformance/simulated.test.ts', 'test/conformance/embedded.test.ts'] }
    case 'rules':
      return { name, runs: 'warm', tests: ['test/sim/rules/', 'test/sim/traps/'] }
    case 'simulation':
      return { name, runs: 'warm', tests: ['test/sim/', 'src/engine/', 'src/agents/', 'src/host/'] }
    case 'processes':
      return { name, runs: 'cold', tests: ['test/chaos/torn-tail.test.ts', 'test/e2e/'] }
    case 'campaign':
      return { name, runs: 'cold', tests: ['test/chaos/kills.test.ts'] }
  }
}

/** All tests that some bugs meet at a stage. */
export function wholeStage(bugs: readonly PlantedBug[], name: Stage['name']): Stage {
  const stages = bugs.map((bug) => stageOf(bug, name))
  const all = (of: (stage: Stage) => readonly string[]): readonly string[] => [...new Set(stages.flatMap(of))]
  const rules = all((stage) => stage.rules ?? [])
  const runs = stages[0]?.runs ?? 'warm'
  return { name, runs, tests: all(({ tests }) => tests), ...(rules.length === 0 ? {} : { rules }) }
}
