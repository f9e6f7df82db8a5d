/** The page about planted bugs, from the data of the last run. Pure. */
import type { PlantedBug } from './planted-bug.ts'
import { digestOf } from './results.ts'
import type { Kept, PlantedResult } from './results.ts'
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
export function plantedPage(bugs: readonly PlantedBug[], kept: Kept): string {
  const { results, node } = kept
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
    `\`npm run planted\` tries what is not caught yet, \`npm run planted -- --help\` says how to try others; Node ${node.slice(1)}. ` +
      'The bugs lie in ' +
      '`test/planted/bugs`, and a test holds them to the code: one that does not fit any more is an error. Stages run in the ' +
      'order of what they cost, and stop at the first failing test.',
    '',
    ...judgedOn(kept, known),
    '',
    '| stage | what it is | bugs caught first here | slowest | by itself |',
    '| --- | --- | --- | --- | --- |',
    ...STAGES.map(([name, what]) => {
      const here = known.filter((result) => result.caught?.stage === name)
      const slowest = here.length === 0 ? '–' : seconds(Math.max(...here.map(({ ms }) => ms)))
      return `| ${name} | ${what} | ${here.length} | ${slowest} | ${byItself(name, [...results.values()])} |`
    }),
    '',
    `Slowest to be caught: ${known
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, SLOWEST)
      .map(({ name, ms }) => `${name} (${seconds(ms)})`)
      .join(', ')}. Times are of a busy machine and say which stage it took, not how fast that is.`,
    '',
    'The last column names stages that met the bug by themselves, whatever else catches it (`npm run planted -- --stage`).',
    '',
    '| bug | breaks | why somebody would write it | caught by | after | judged on | by itself |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...fates.map(({ bug, result }) => row(bug, result, kept)),
    '',
  ].join('\n')
}

/** How verdicts came about, and which code they are about. */
function judgedOn({ commit, older, results }: Kept, known: readonly PlantedResult[]): readonly string[] {
  const old = known.filter(({ name }) => older.includes(name))
  const commits = new Map<string, number>()
  for (const { judged } of old) {
    const of = judged?.commit ?? 'a commit that was not kept'
    commits.set(of, (commits.get(of) ?? 0) + 1)
  }
  const unclear = [...results.values()].filter((result) => result.unclear !== undefined).length
  const which = [...commits].map(([of, count]) => `${count} on ${of}`).join(', ')
  return [
    'A stage is run once on the untouched code before a bug meets it, and the test that catches one once more afterwards: both ' +
      'must be green, or the run is an error. What does not end is a catch only where the untouched tests end in a third of the ' +
      `time; what cannot be loaded is an error (${unclear} now). That holds for verdicts that name a commit.`,
    '',
    `The code of this page: ${commit}. **${known.length - old.length} were judged on it**, or on code and tests that are the same; ` +
      `${old.length} on older code${old.length === 0 ? '' : ` (${which}); \`npm run planted -- --stale\` tries those again`}.`,
  ]
}

/** How many a stage catches of those that met it by itself. */
function byItself(stage: Stage['name'], results: readonly PlantedResult[]): string {
  const met = results.flatMap(({ alone }) => alone?.[stage] ?? [])
  return met.length === 0 ? '–' : `${met.filter(({ test }) => test !== undefined).length} of ${met.length}`
}

function row(bug: PlantedBug, result: PlantedResult | undefined, { older }: Kept): string {
  const isOld = result !== undefined && result.edits !== digestOf(bug)
  const note = isOld ? ' (with its text of before)' : ''
  const by = result === undefined ? 'not tried' : (result.caught?.test ?? result.unclear ?? '**nothing**')
  const after = result === undefined ? '' : seconds(result.ms)
  const caughtBy = `${result?.caught?.stage ?? ''} ${by}${note}`.trim()
  const judged = result?.judged?.commit ?? ''
  const on = older.includes(bug.name) ? `older code ${judged}`.trim() : judged
  const alone = Object.entries(result?.alone ?? {}).map(([stage, { test }]) => `${stage}: ${test ?? 'misses it'}`)
  return `| ${[bug.name, bug.breaks.join(' '), bug.because, caughtBy, after, on, alone.join('; ')].map(cell).join(' | ')} |`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
