/** The tests that a change meets, by the beginnings of their paths, nearest first. */

const RULES = 'test/sim/rules/'

/** Folders of the kernel whose tests are simulations. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  masking: ['test/sim/upgrades/masking.test.ts'],
  upgrade: [`${RULES}upgrades.test.ts`, 'test/sim/upgrades/adoption.test.ts'],
  forks: [`${RULES}forks.test.ts`],
}

/** The test beside the file, those of its folder and of what that is about; of the kernel, which needs no disk, all of its own. */
export function nearTestsOf(file: string): readonly string[] {
  const [, room, inner = ''] = file.split('/')
  const beside = file.replace(/\.ts$/, '.test.ts')
  const folder = file.slice(0, file.lastIndexOf('/') + 1)
  if (room === 'kernel') return [beside, folder, ...(ELSEWHERE[inner] ?? []), 'src/kernel/']
  return folder === 'src/engine/embedded/' ? [beside] : [beside, folder]
}

/** Tests of the project `unit` that run kernel or engine in their own process. */
const UNIT: readonly string[] = [
  'src/kernel/',
  'src/engine/embedded/',
  'src/engine/memory/',
  'src/engine/streams/',
  'src/engine/platform/',
  'src/agents/',
  'src/host/',
  'src/testing/',
  'test/corpus.test.ts',
  'test/conversation.test.ts',
  'test/conformance/simulated.test.ts',
  'test/conformance/embedded.test.ts',
]

/** All tests that survivors meet, by stage. */
export const JUDGES = { unit: UNIT, simulation: ['test/sim/'] } as const
