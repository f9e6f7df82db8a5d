/** `docs/reports/crash-restate.md`, made of `docs/reports/data/crash-restate.json` and nothing else. */
import { addCounts, noCounts, OFFENCES } from '../counts.ts'
import type { Counts } from '../counts.ts'
import { n, OFFENCE_WORDS, offencesOf, sumOf, table } from '../page.ts'
import type { CrashData } from '../page.ts'

const LEGEND = `*lost*, *wrong*, *repeated*, *repeated in silence*, *skipped*, *unsound*: as in [crash.md](crash.md). *late, assumed*: a
worker that had been presumed dead woke up and did a write that another one had done meanwhile, after the far side had
answered "absent" twice. No engine can call such a request back (rule E8); the journal calls it an assumption, and a late write
that nothing in a journal stands for is an offence. *swallowed by key*: what was sent again under a key that the far side
knew, whether late or after a kill: no late write of a tool with a key was executed.`

const HOW = `\`npm run crash-report -- --engine restate --seconds 3600\` goes on where the last one ended and adds its counts to those of
this page; \`--scenario NAME --seed N\` runs one run again. Moments come from the seed and what happens then from the machine, so a
run is not repeated exactly. Servers, workers, wires and the ledger are all on loopback of one machine.`

const NOT_COVERED = `## What is not covered
- **Several machines.** Three nodes on one machine share its disk and its clock. A cut link is a wire on loopback that was cut.
- **Power cuts and failing disks**: the log is the server's, and so is its promise. Nodes sync what they acknowledge.
- **Real models and real far sides.** The model is scripted, the far side is a ledger on the same machine.
- **A server that still believes a frozen worker** for longer than two seconds: it waits, and so does the run.`

const MENDED = `## Mended, and not tried again
- \`all-nodes-killed\`, seed 0, broke off: a node that had just come up did not know of a service yet, and was believed. It is asked
  again now, which a test of its own holds; this scenario has not come to an end since.`

/** The page. */
export function restatePageOf(data: CrashData): string {
  const names = Object.keys(data.scenarios)
  const all = noCounts()
  for (const name of names) addCounts(all, sumOf(data, name).counts)
  const offences = OFFENCES.map((kind) => `${n(all[kind])} ${OFFENCE_WORDS[kind]}`).join(', ')
  return [
    '# Crash report: the Restate engine',
    [
      'Workers and servers are killed with `kill -9`, frozen and cut off from each other, while an outside ledger (its own',
      'process and files, each line synced before it answers) writes down what really happened.',
      `**${n(all.runs)} runs with ${n(all.effects)} effects; ${n(all.kills)} kills of workers, ${n(all.serverKills)} of servers, ` +
        `${n(all.cuts)} cut links, ${n(all.freezes)} frozen workers: ${offences}. ${n(all.unjudged)} not judged.**`,
      ...shortcomings(names, data),
    ].join('\n'),
    'This page is made of [data/crash-restate.json](data/crash-restate.json) by `npm run crash-report -- --engine restate`.',
    '## Scenarios',
    table(
      [
        'scenario',
        'runs',
        'not judged',
        'workers killed',
        'servers killed',
        'cut',
        'frozen',
        'effects',
        ...OFFENCES.map((kind) => OFFENCE_WORDS[kind]),
        'late, assumed',
        'swallowed by key',
        'in doubt',
        'looked up',
        'resolved',
      ],
      names.map((name) => rowOf(name, data)),
    ),
    names.map((name) => `- **${name}**: ${data.scenarios[name]}`).join('\n'),
    LEGEND,
    '## Versions and machines',
    table(
      ['version', 'runs', 'time', 'last run', 'machine'],
      data.campaigns.map(({ commit, machine, scenarios, seconds, lastOn }) => [
        commit,
        n(Object.values(scenarios).reduce((sum, { runs }) => sum + runs, 0)),
        `${Math.round(seconds / 60)} min`,
        lastOn,
        `Node ${machine.node}, ${machine.os}, ${machine.cpu}, ${machine.memory}`,
      ]),
    ),
    '## Offences, and runs that broke off',
    offencesOf(data),
    MENDED,
    '## How to reproduce',
    HOW,
    NOT_COVERED,
    '',
  ].join('\n\n')
}

/** What nothing follows from. */
function shortcomings(names: readonly string[], data: CrashData): readonly string[] {
  const of = (isSo: (counts: Counts) => boolean): string =>
    names.filter((name) => isSo(sumOf(data, name).counts)).join(', ')
  const unharmed = of((one) => one.runs > 0 && one.kills + one.serverKills + one.cuts + one.freezes === 0)
  const unfinished = of(({ runs }) => runs === 0)
  const runs = names.map((name) => sumOf(data, name).counts.runs)
  return [
    `That is ${Math.min(...runs)} to ${Math.max(...runs)} runs of a kind: no rate follows from so few.`,
    ...(unharmed === '' ? [] : [`Over before anything was killed: ${unharmed}.`]),
    ...(unfinished === '' ? [] : [`No run was judged of: ${unfinished}.`]),
  ]
}

function rowOf(name: string, data: CrashData): readonly string[] {
  const { counts } = sumOf(data, name)
  const { runs, unjudged, kills, serverKills, cuts, freezes, effects } = counts
  return [
    name,
    ...[runs, unjudged, kills, serverKills, cuts, freezes, effects].map(n),
    ...OFFENCES.map((kind) => n(counts[kind])),
    ...[counts.assumed, counts.repeatedKeyed, counts.inDoubt, counts.reconciled, counts.resolved].map(n),
  ]
}
