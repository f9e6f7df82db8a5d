/** The page about planted bugs, from the data of the last run. Pure. */
import type { PlantedBug } from './planted-bug.ts'
import { digestOf } from './results.ts'
import type { PlantedResult } from './results.ts'
import type { Stage } from './stages.ts'

const STAGES: readonly (readonly [Stage['name'], string])[] = [
  ['named', 'the tests that carry the name of a rule that it breaks'],
  ['seeds', 'eight random workflows with crashes, in memory'],
  ['unit', 'unit tests of its folder, then of its room'],
  ['conformance', 'the suite that every engine passes, simulated and on SQLite'],
  ['rules', 'one simulated test per rule and per trap'],
  ['simulation', 'random workflows with a crash anywhere, forks, upgrades; agents and host'],
  ['processes', 'real processes: torn logs, the command line'],
  ['campaign', 'real `kill -9`'],
]
const SLOWEST = 5

/** The whole page. */
export function plantedPage(
  bugs: readonly PlantedBug[],
  results: ReadonlyMap<string, PlantedResult>,
  node: string,
): string {
  const fates = bugs.map((bug) => ({ bug, result: results.get(bug.name) }))
  const caught = fates.filter(({ result }) => result?.caught !== undefined)
  const known = caught.flatMap(({ result }) => result ?? [])
  const median = known.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(known.length / 2)] ?? 0
  return [
    '# Planted bugs',
    '',
    `${bugs.length} mistakes that somebody could have made in the kernel and the embedded engine, ` +
      `planted one at a time in a scratch copy. ` +
      `**${caught.length} of ${bugs.length} are caught**, half of them within ${seconds(median)} of their planting.`,
    '',
    `\`npm run planted\` tries what is not caught yet, \`npm run planted -- --all\` everything; Node ${node.slice(1)}. The bugs lie in ` +
      '`test/planted/bugs`, and a test holds them to the code: one that does not fit any more is an error. Stages run in the ' +
      'order of what they cost, and stop at the first failing test.',
    '',
    '| stage | what it is | bugs caught first here | slowest |',
    '| --- | --- | --- | --- |',
    ...STAGES.map(([name, what]) => {
      const here = known.filter((result) => result.caught?.stage === name)
      const slowest = here.length === 0 ? '–' : seconds(Math.max(...here.map(({ ms }) => ms)))
      return `| ${name} | ${what} | ${here.length} | ${slowest} |`
    }),
    '',
    `Slowest to be caught: ${known
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, SLOWEST)
      .map(({ name, ms }) => `${name} (${seconds(ms)})`)
      .join(', ')}. Times are of a busy machine and say which stage it took, not how fast that is.`,
    '',
    '| bug | breaks | why somebody would write it | caught by | after |',
    '| --- | --- | --- | --- | --- |',
    ...fates.map(({ bug, result }) => row(bug, result)),
    '',
  ].join('\n')
}

function row(bug: PlantedBug, result: PlantedResult | undefined): string {
  const isOld = result !== undefined && result.edits !== digestOf(bug)
  const by = result === undefined ? 'not tried' : (result.caught?.test ?? '**nothing**')
  const note = isOld ? ' (with its text of before)' : ''
  const after = result === undefined ? '' : seconds(result.ms)
  const caughtBy = `${result?.caught?.stage ?? ''} ${by}${note}`.trim()
  return `| ${[bug.name, bug.breaks.join(' '), bug.because, caughtBy, after].map(cell).join(' | ')} |`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
