/** The tests related to a file, nearest first: each list is run to its first failure before the next begins. */

/** What survives the first random workflows meets the tests `near` its file, and then the `judge`. */
export type Meets = 'near' | 'judge'

const RULES = 'test/sim/rules/'
const KERNEL_UNIT = 'accounts definitions effects forks gate journal keys messages processes scopes workflows'
  .split(' ')
  .map((folder) => `src/kernel/${folder}/`)

/** Folders of the kernel that have tests of their own elsewhere. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  masking: ['src/kernel/masking/', 'test/sim/upgrades/masking.test.ts', 'test/sim/upgrades/masked-edits.test.ts'],
  upgrade: [`${RULES}upgrades.test.ts`, 'test/sim/upgrades/adoption.test.ts', 'test/sim/upgrades/edits.test.ts'],
  forks: [`${RULES}forks.test.ts`, `${RULES}fork-worlds.test.ts`, `${RULES}time-travel.test.ts`],
}

const JUDGES_OF_KERNEL = [
  'test/sim/traps/',
  RULES,
  'test/sim/seeds.test.ts',
  'test/sim/every-commit.test.ts',
  'test/sim/properties.test.ts',
  'test/sim/forks.test.ts',
  'test/sim/funding.test.ts',
  'test/sim/review.test.ts',
  'test/sim/abandoned.test.ts',
  'test/sim/upgrades/',
  'src/agents/',
  'test/conformance/simulated.test.ts',
]
const JUDGES_OF_ENGINE = ['src/engine/embedded/', 'test/conformance/', 'test/sim/traps/', RULES, 'src/host/']

const UNIT_OF_ENGINE = 'effect-lane group-commit activation post residency'
  .split(' ')
  .map((name) => `src/engine/embedded/${name}.test.ts`)

/** Beginnings of the paths of the tests that a change of `file` meets. */
export function testsOf(file: string, meets: Meets): readonly string[] {
  const [, room, folder = ''] = file.split('/')
  if (meets === 'judge') return room === 'kernel' ? JUDGES_OF_KERNEL : JUDGES_OF_ENGINE
  return room === 'kernel' ? [...KERNEL_UNIT, ...(ELSEWHERE[folder] ?? [])] : nearOfEngine(file)
}

/** The test beside the file where there is one, else those of its folder, or of the engine. */
function nearOfEngine(file: string): readonly string[] {
  const beside = file.replace(/\.ts$/, '.test.ts')
  const folder = file.slice(0, file.lastIndexOf('/') + 1)
  if (UNIT_OF_ENGINE.includes(beside)) return [beside]
  return folder === 'src/engine/embedded/' || folder.endsWith('/store/')
    ? [beside, ...UNIT_OF_ENGINE]
    : [beside, folder]
}
