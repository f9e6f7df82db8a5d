/** `docs/reports/crash.md`, made of `docs/reports/data/crash.json` and nothing else. */
import { addCounts, noCounts, OFFENCES } from './counts.ts'
import type { Counts } from './counts.ts'
import type { CampaignRecord, Failure, Records, ScenarioRecord } from './record.ts'
import type { Simulated } from './simulated/simulated.ts'

/** A scenario in the report's data: the sets of facts are numbers. */
export type ScenarioFigures = Counts & {
  readonly facts: number
  readonly hit: number
  readonly seeds: number
  readonly failures: readonly Failure[]
}
/** The report's data. */
export type CrashData = {
  readonly scenarios: Readonly<Record<string, string>>
  /** Scenarios that could not run on the machine that wrote the report. */
  readonly notHere?: readonly string[]
  readonly campaigns: readonly (Omit<CampaignRecord, 'scenarios' | 'simulated'> & {
    readonly scenarios: Readonly<Record<string, ScenarioFigures>>
    readonly simulated: Simulated
  })[]
}

const hasRun = ({ scenarios, simulated }: CampaignRecord): boolean =>
  Object.keys(scenarios).length > 0 || simulated.crashes > 0

/** The data of a report: of each scenario what it is, of each campaign what it has come to. */
export function dataOf(
  { campaigns }: Records,
  says: Readonly<Record<string, string>>,
  notHere: readonly string[] = [],
): CrashData {
  return {
    scenarios: says,
    ...(notHere.length === 0 ? {} : { notHere }),
    campaigns: campaigns.filter(hasRun).map((campaign) => ({
      ...campaign,
      scenarios: Object.fromEntries(
        Object.entries(campaign.scenarios).map(([name, record]) => [
          name,
          { ...record.counts, ...factsOf(record), seeds: record.next, failures: record.failures },
        ]),
      ),
    })),
  }
}

/** Of the names that are known, or of the published page, where it had hit more of them. */
function factsOf({ facts, hit, published }: ScenarioRecord): { readonly facts: number; readonly hit: number } {
  const known = new Set(facts)
  const own = { facts: facts.length, hit: hit.filter((fact) => known.has(fact)).length }
  if (published === undefined) return own
  return own.facts === 0 || published.hit / published.facts > own.hit / own.facts ? published : own
}

const NOT_COVERED = `## What is not covered
- **A real power cut.** The files are torn as a cut could have torn them, behind the last acknowledged commit. A disk
  that loses what it has acknowledged (a cache that lies about \`fsync\`, a log that is gone as a whole) is not survived:
  SQLite cannot tell a log that was dropped from one that was never written. \`node:sqlite\` lets nobody put a file system
  of his own under it, so that single writes and syncs cannot be made to fail one by one; what fails is the whole file
  system (\`full-disk\`), the commit (\`slow-disk\`, kills before and after it), or the bytes on the disk.
- **Bit rot** of what was acknowledged long ago: \`skein verify\` finds it in journals; it is not repaired.
- **Other engines, several machines, network file systems.** One folder, one machine, local disk.
- **Real models and real far sides.** The model is scripted, the far side is a ledger on the same machine.
- **Kills inside SQLite's commit** happen by the clock only: at a commit the process dies just before the call or just
  after it.`

/** The page. */
export function pageOf(data: CrashData): string {
  const names = Object.keys(data.scenarios)
  const sums = new Map(names.map((name) => [name, sumOf(data, name)] as const))
  const all = noCounts()
  for (const { counts } of sums.values()) addCounts(all, counts)
  return [
    '# Crash report',
    headline(all, data),
    'This page is made of [data/crash.json](data/crash.json) by `npm run crash-report`.',
    '## Scenarios',
    table(
      [
        'scenario',
        'kills',
        'runs',
        'effects',
        'facts hit',
        ...OFFENCES.map((kind) => OFFENCE_WORDS[kind]),
        'in doubt',
        'looked up',
        'resolved',
        'other',
      ],
      names.map((name) => {
        const row = rowOf(name, sums.get(name) ?? { counts: noCounts(), hit: 0, facts: 0 })
        return sums.get(name)?.counts.runs === 0 && data.notHere?.includes(name) === true
          ? row.map((cell, i) => (i === 0 ? cell : i === 1 ? 'not run here' : ''))
          : row
      }),
    ),
    names.map((name) => `- **${name}**: ${data.scenarios[name]}`).join('\n'),
    LEGEND,
    '## Versions and machines',
    table(
      ['version', 'kills', 'runs', 'simulated crash points', 'offences', 'time', 'last run', 'machine'],
      data.campaigns.map(campaignRow),
    ),
    '## Offences',
    offencesOf(data),
    FOUND,
    '## How to reproduce',
    HOW,
    NOT_COVERED,
    '',
  ].join('\n\n')
}

/** How pages call them. */
export const OFFENCE_WORDS: Readonly<Record<(typeof OFFENCES)[number], string>> = {
  lost: 'lost',
  wrong: 'wrong',
  repeated: 'repeated',
  silent: 'repeated in silence',
  skipped: 'skipped',
  unsound: 'unsound',
}

const FOUND = `## Found and mended
What campaigns have found is mended, and held by tests of its own. A scenario's counts of a version in which it was found are
not added to those above.

- \`upgrade\`: a dry replay said yes to new code, and the run parked later, behind something new, at an \`all\` that had been over
  (\`UPGRADE_AMBIGUOUS\`). Beside it lay a write that was done twice: taken out of such an \`all\`, it was asked for elsewhere without
  a question. See decision 052.
- \`frozen-owner\`: a successor stopped with \`STORE_FAILED\` (database is locked) when it opened the folder in the moment in which a
  reader restored the log of the owner that had been killed. It waits now, from its first read on.
- \`clock-jumps\`, of the campaign itself: a life whose clock was set back slept for an hour before the commit at which it was to die.`

const LEGEND = `*lost*: an uninterrupted run does it, or reads it, or shows it to a model, this one did not. *wrong*: another
result, or a prompt that a model does not see uninterrupted. *repeated*: a write was executed more often than the journal and
its operator say. *repeated in silence*: the ledger was asked more often than the journal shows attempts, of models call by
call. *skipped*: done according to the journal, and the ledger knows nothing of it. *unsound*: a broken chain, a broken law
of journals, messages or accounts, something begun before its approval, or a run that could not go on. *facts hit*: facts of
the undisturbed run just before or after which some run was killed. *in doubt*: effects whose outcome nobody knew; each was
*looked up* at the far side by its \`reconcile\`, *resolved* by somebody who had looked, or sent again under its key.
Prompts, reads and approvals are judged so since 2026-11-28; in \`upgrade\` the editions of an agent's instructions count as one.`

const HOW = `\`npm run crash-report -- --scenario NAME --seed N\` runs one run again: at which commits it is killed, and how, comes
from its seed, and those kills are the same again. Every third seed is killed by the clock instead, as are hand-overs, half of
the clock jumps and a third of the freezes: those vary with the machine, and so does the interleaving of everything.
\`npm run crash-report -- --seconds 3600 --simulated 100000\` goes on where the last one ended and adds its counts to those of
this page; without \`--resume FILE\` its state lies in a file that it names. \`SEED=N npm run sim\` plays one simulated program again.`

function headline(all: Counts, { campaigns }: CrashData): string {
  const total = (pick: (one: Simulated) => number): number =>
    campaigns.reduce((sum, { simulated }) => sum + pick(simulated), 0)
  const offences = OFFENCES.map((kind) => `${n(all[kind])} ${OFFENCE_WORDS[kind]}`).join(', ')
  return [
    'Programs are killed with `kill -9`, frozen, redeployed, starved of disk and torn in their files, while an outside',
    'ledger (its own process and files, each line synced before it answers) writes down what really happened.',
    `**${n(all.kills)} kills of ${n(all.runs)} runs with ${n(all.effects)} effects: ${offences}.**`,
    `In the simulator ${n(total((one) => one.crashes))} more crashes of ${n(total((one) => one.programs))} random programs;`,
    `offences: ${n(total((one) => one.failures.length))}.`,
  ].join('\n')
}

type Sum = { readonly counts: Counts; readonly facts: number; readonly hit: number }

/** What a scenario has come to in all campaigns. Counts are added up; facts are those of the campaign that hit the largest share. */
export function sumOf({ campaigns }: CrashData, name: string): Sum {
  const counts = noCounts()
  let [facts, hit] = [0, 0]
  for (const { scenarios } of campaigns) {
    const one = scenarios[name]
    if (one === undefined) continue
    addCounts(counts, one)
    if (facts === 0 || one.hit / one.facts > hit / facts) [facts, hit] = [one.facts, one.hit]
  }
  return { counts, facts, hit }
}

function rowOf(name: string, { counts, facts, hit }: Sum): readonly string[] {
  const others = [
    [counts.freezes, 'frozen'],
    [counts.handOvers, 'handed over'],
    [counts.tears, 'logs torn'],
    [counts.full, 'stopped for want of room'],
    [counts.repeatedKeyed, 'sent again by key'],
  ] as const
  return [
    name,
    n(counts.kills),
    n(counts.runs),
    n(counts.effects),
    facts === 0 ? '' : `${hit} of ${facts}`,
    ...OFFENCES.map((kind) => n(counts[kind])),
    n(counts.inDoubt),
    n(counts.reconciled),
    n(counts.resolved),
    others.flatMap(([many, what]) => (many > 0 ? [`${n(many)} ${what}`] : [])).join(', '),
  ]
}

function campaignRow({
  commit,
  machine,
  scenarios,
  simulated,
  seconds,
  lastOn,
}: CrashData['campaigns'][number]): readonly string[] {
  const counts = noCounts()
  for (const one of Object.values(scenarios)) addCounts(counts, one)
  const offences = OFFENCES.reduce((sum, kind) => sum + counts[kind], 0) + simulated.failures.length
  const { node, sqlite, os, cpu, memory } = machine
  return [
    commit,
    n(counts.kills),
    n(counts.runs),
    n(simulated.crashes),
    n(offences),
    `${Math.round(seconds / 60)} min`,
    lastOn,
    `Node ${node}, SQLite ${sqlite}, ${os}, ${cpu}, ${memory}`,
  ]
}

const OFFENCES_SHOWN = 20

/** Every offence, one line each. */
export function offencesOf({ campaigns }: CrashData): string {
  const all = campaigns.flatMap(({ commit, scenarios, simulated }) => [
    ...Object.entries(scenarios).flatMap(([name, { failures }]) =>
      failures.map(
        ({ seed, what, isUnjudged }) =>
          `- ${commit}, \`--scenario ${name} --seed ${seed}\`${isUnjudged ? ', not judged' : ''}: ${saidIn(what)}`,
      ),
    ),
    ...simulated.failures.map((what) => `- ${commit}, simulated: ${saidIn(what)}`),
  ])
  if (all.length === 0) return 'None.'
  const more = all.length > OFFENCES_SHOWN ? [`- and ${all.length - OFFENCES_SHOWN} more`] : []
  return [...all.slice(0, OFFENCES_SHOWN), ...more].join('\n')
}

/** What a program died of, as Node prints it: a piece of its source, and then the error. */
const THROWN = /^\w*Error: /u

/** The line that says it; the trace around it is in the data. */
function saidIn(what: string): string {
  const [first = '', ...more] = what.split('\n')
  return more.find((line) => THROWN.test(line)) ?? first
}

/** A number as pages show it. */
export const n = (number: number): string => number.toLocaleString('en')

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
