/** `docs/reports/crash-restate.md`, made of `docs/reports/data/crash-restate.json` and nothing else. */
import { addCounts, noCounts, OFFENCES } from '../counts.ts'
import { n, OFFENCE_WORDS, offencesOf, sumOf, table } from '../page.ts'
import type { CrashData } from '../page.ts'

const LEGEND = `*lost*, *wrong*, *repeated*, *repeated in silence*, *skipped*, *unsound*: as in [crash.md](crash.md). *late, assumed*: a
worker that had been presumed dead woke up and did a write that another one had done meanwhile, after the far side had
answered "absent" twice. No engine can call such a request back (rule E8); the journal calls it an assumption, and a late write
that nothing in a journal stands for is an offence. *swallowed by key*: what was sent again under a key that the far side
knew, whether late or after a kill: no late write of a tool with a key was executed. *not harmed*: over before anything happened
to it, or not begun by then; it counts for no run. A run counts as harmed when the ledger had heard of it before the harm, and
heard of it again afterwards. *not judged*: it broke off, and the harness itself
had no server for it, or asked the server for half a minute in vain. Whatever else breaks off is *lost* (it did not end in its time)
or *unsound*, and so is a run that nobody harms.`

const HOW = `\`npm run crash-report -- --engine restate --seconds 3600\` goes on where the last one ended, with those scenarios that have
had the fewest runs, and adds its counts to those of this page; \`--scenario NAME --seed N\` runs one run again. Moments come from the
seed and what happens then from the machine, so a run is not repeated exactly. Servers, workers, wires and the ledger are all
on loopback of one machine.

**Runs of one turn share a server.** Several runs of a scenario (\`--workers N\`; six, if nothing is said) are played beside each other,
each with its own installation, workers, wires and ledger file, on a server or a cluster that stays up between turns. Workers
are killed and frozen, and links cut, for each run at a moment of its own. A server, a node or all nodes are killed for all
of them at once, by one of them, and counted once: such runs are independent in where their work stood, not in when the server died.`

const NOT_COVERED = `## What is not covered
- **Several machines.** Three nodes on one machine share its disk and its clock. A cut link is a wire on loopback that was cut.
- **Power cuts and failing disks**: the log is the server's, and so is its promise. Nodes sync what they acknowledge.
- **Real models and real far sides.** The model is scripted, the far side is a ledger on the same machine.
- **A server that still believes a frozen worker** for longer than two seconds: it waits, and so does the run.`

const MENDED = `## Found and mended
- \`worker-timers\`: a process waited for ever for the end of a child. It had come after a worker that took the process over had
  looked into its mailbox, and before the beginning of that activation was durable; the signal that told of it went to
  nobody. It is kept now until somebody runs the process, which a test of its own holds.
- \`all-nodes-killed\`, seed 0, broke off: a node that had just come up did not know of a service yet, and was believed. It is asked
  again now, which a test of its own holds. The run is booked as not judged, by a rule that was wrong: its server did answer.
- \`worker-mailboxes\`, seed 88, of the campaign itself: a worker was given a port that had gone to somebody else before it listened
  there. Ports are reserved now until they are released, and are none that the system gives away; a test of its own holds it.
- \`worker-doubts\`, seed 172: an unprotected mail was done twice. Its second attempt was in doubt, too, and the operator had looked
  just before that attempt was made, because of the first, which had been answered meanwhile; \`skein.resolve\` takes the newest
  attempt where none is named. It can be named since (\`attempt\`), and is refused when a later one is in doubt; the campaign names
  it. The run stays on this page.`

/** Of each kind. */
const RUNS_TO_REACH = 50

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
        `${n(all.cuts)} cut links, ${n(all.freezes)} frozen workers: ${offences}. ` +
        `${n(all.unharmed)} not harmed, ${n(all.unjudged)} not judged.**`,
      ...shortcomings(names, data),
    ].join('\n'),
    'This page is made of [data/crash-restate.json](data/crash-restate.json) by `npm run crash-report -- --engine restate`.',
    '## Scenarios',
    table(
      [
        'scenario',
        'runs',
        'not harmed',
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
    ...oldRuleOf(names, data),
    MENDED,
    '## How to reproduce',
    HOW,
    NOT_COVERED,
    '',
  ].join('\n\n')
}

/** Runs that were not judged before the harness asked the server: a word in their message had decided. */
function oldRuleOf(names: readonly string[], data: CrashData): readonly string[] {
  const old = data.campaigns.reduce((sum, { scenarios }) => {
    const unjudged = names.reduce((more, name) => more + (scenarios[name]?.unjudged ?? 0), 0)
    const asked = names.flatMap((name) => scenarios[name]?.failures ?? []).filter((one) => one.isUnjudged).length
    return sum + unjudged - asked
  }, 0)
  if (old === 0) return []
  return [
    `Of those not judged, ${n(old)} ${old === 1 ? 'was' : 'were'} booked by an older rule: not judged was each run whose message had the ` +
      'word `ENGINE_UNREACHABLE` in it, which a worker also says of a server that answers, and each whose run without harm came to no ' +
      'end. Nobody asked the server then. Their messages are above; such a run counts as unsound today, unless its server is dead.',
  ]
}

/** What nothing follows from. */
function shortcomings(names: readonly string[], data: CrashData): readonly string[] {
  const runs = names.map((name) => sumOf(data, name).counts.runs)
  const few = names.filter((_, i) => runs[i]! < RUNS_TO_REACH)
  return [
    `That is ${Math.min(...runs)} to ${Math.max(...runs)} harmed runs of a kind; runs of one turn share a server, see below.`,
    ...(few.length === 0 ? [] : [`Fewer than ${RUNS_TO_REACH}: ${few.join(', ')}.`]),
  ]
}

function rowOf(name: string, data: CrashData): readonly string[] {
  const { counts } = sumOf(data, name)
  const { runs, unharmed, unjudged, kills, serverKills, cuts, freezes, effects } = counts
  return [
    name,
    ...[runs, unharmed, unjudged, kills, serverKills, cuts, freezes, effects].map(n),
    ...OFFENCES.map((kind) => n(counts[kind])),
    ...[counts.assumed, counts.repeatedKeyed, counts.inDoubt, counts.reconciled, counts.resolved].map(n),
  ]
}
