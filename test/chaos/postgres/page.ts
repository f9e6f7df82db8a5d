/** What the campaign over Postgres has come to, as data and as a page. */
import { KINDS } from './harm.ts'
import type { Kind } from './harm.ts'
import type { Heard } from './heard.ts'

/** What a round broke, or why it was not judged. */
export type Failure = {
  readonly seed: number
  readonly what: string
  readonly isUnjudged?: true
  /** What came of one that was not judged when it was played again. */
  readonly again?: string
}

/** What rounds of one kind came to. All but `unjudged` and `unharmed` is of rounds that were harmed and judged. */
export type Rounds = {
  readonly rounds: number
  readonly harms: number
  readonly orders: number
  readonly effects: number
  /** Workers that were declared dead, found out, and joined again. */
  readonly rejoined: number
  /** Who settles a round could not reach the server: counted only here. */
  readonly unjudged: number
  /** Over before anybody harmed it: counted only here. */
  readonly unharmed: number
  readonly lost: number
  readonly wrong: number
  readonly repeated: number
  readonly silent: number
  readonly skipped: number
  readonly unsound: number
  /** Writes that a stopped worker did late, each behind an assumption that its journal shows. */
  readonly assumed: number
  readonly repeatedKeyed: number
  readonly inDoubt: number
  readonly resolved: number
  readonly reconciled: number
  readonly failures: readonly Failure[]
  /** What the figures include that was counted by other rules. */
  readonly remark?: string
  /** The next seed. */
  readonly next: number
}

/** All kinds. */
export type PostgresCrashData = { readonly kinds: Partial<Record<Kind, Rounds>>; readonly heard?: Heard }

/** Nothing yet. */
export const noRounds = (): Rounds => ({
  rounds: 0,
  harms: 0,
  orders: 0,
  effects: 0,
  rejoined: 0,
  unjudged: 0,
  unharmed: 0,
  lost: 0,
  wrong: 0,
  repeated: 0,
  silent: 0,
  skipped: 0,
  unsound: 0,
  assumed: 0,
  repeatedKeyed: 0,
  inDoubt: 0,
  resolved: 0,
  reconciled: 0,
  failures: [],
  next: 0,
})

const COUNTED = [
  'rounds',
  'harms',
  'orders',
  'effects',
  'rejoined',
  'unjudged',
  'unharmed',
  'lost',
  'wrong',
  'repeated',
  'silent',
  'skipped',
  'unsound',
  'assumed',
  'repeatedKeyed',
  'inDoubt',
  'resolved',
  'reconciled',
] as const

/** With what one round more has come to. */
export function merged(data: PostgresCrashData | undefined, kind: Kind, more: Rounds): PostgresCrashData {
  const before = data?.kinds[kind] ?? noRounds()
  const sums = Object.fromEntries(COUNTED.map((name) => [name, (before[name] ?? 0) + more[name]]))
  const all = {
    ...before,
    ...sums,
    failures: [...before.failures, ...more.failures],
    next: Math.max(before.next, more.next),
  }
  return { ...data, kinds: { ...data?.kinds, [kind]: all } }
}

/** With what came of a round that was not judged, played again; undefined when there was no such round. */
export function answered(
  data: PostgresCrashData | undefined,
  kind: Kind,
  { seed, counted }: { readonly seed: number; readonly counted: Rounds },
): PostgresCrashData | undefined {
  const before = data?.kinds[kind]
  if (before?.failures.some((one) => one.seed === seed && one.isUnjudged) !== true) return undefined
  const { harms, effects, rejoined } = counted
  const sound =
    counted.unharmed > 0
      ? 'over before it was harmed'
      : `sound (harmed ${harms} times, ${effects} effects, ${rejoined} workers had lost their place)`
  const again = counted.failures.length === 0 ? sound : counted.failures.map(({ what }) => what).join('; ')
  const failures = before.failures.map((one) => (one.seed === seed && one.isUnjudged ? { ...one, again } : one))
  return { ...data, kinds: { ...data?.kinds, [kind]: { ...before, failures } } }
}

const COLUMNS = [
  ['rounds', 'rounds'],
  ['harms', 'times'],
  ['orders', 'runs'],
  ['effects', 'effects'],
  ['unjudged', 'not judged'],
  ['unharmed', 'not harmed'],
  ['lost', 'lost'],
  ['wrong', 'wrong'],
  ['repeated', 'repeated'],
  ['silent', 'repeated in silence'],
  ['skipped', 'skipped in silence'],
  ['unsound', 'unsound journals'],
  ['assumed', 'late, assumed'],
  ['repeatedKeyed', 'keyed writes asked again'],
  ['inDoubt', 'in doubt'],
  ['reconciled', 'looked up'],
  ['rejoined', 'workers that had lost their place'],
] as const

/** The page. */
export function pageOf({ kinds, heard }: PostgresCrashData): string {
  const known = (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const rounds = kinds[kind]
    return rounds === undefined ? [] : [{ kind, rounds }]
  })
  const table = [
    `| | ${COLUMNS.map(([, label]) => label).join(' | ')} |`,
    `|---|${COLUMNS.map(() => '---:').join('|')}|`,
    ...known.map(
      ({ kind, rounds }) =>
        `| ${kind} | ${COLUMNS.map(([key]) => (rounds[key] ?? 0).toLocaleString('en-US')).join(' | ')} |`,
    ),
  ]
  const failures = known.flatMap(({ kind, rounds }) => rounds.failures.map((failure) => ({ kind, ...failure })))
  const unjudged = failures.filter((one) => one.isUnjudged)
  const broken = failures.filter((one) => !one.isUnjudged)
  const remarks = known.flatMap(({ kind, rounds }) =>
    rounds.remark === undefined ? [] : [`- **${kind}**: ${rounds.remark}`],
  )
  return `# Workers over Postgres, harmed

Two workers run orders over one PostgreSQL with its defaults (after a kill it syncs its file system at once, not file by file); up to six
rounds share a server, and its kills. Each order reads, pays under its key, books with a way to look it up,
runs a child of its own, sleeps, waits for a message, and sends a mail that nothing protects. An outside ledger writes down what was
done to the world before it answers; at the end of a round its lines, the journals and the results are compared with those of a round
that nobody harmed. Where nobody can know what became of a mail, a person looks at the ledger and says so.

${table.join('\n')}

${known.map(({ kind }) => `- **${kind}**: ${KINDS[kind]}.`).join('\n')}

\`times\`: how often a round was harmed, all together. Keyed writes asked again were answered with what was done the first time.
\`in doubt\` and \`looked up\` are shown in the journals. \`late, assumed\`: writes without a key that a stopped worker sent when it went
on, after somebody had found twice that nothing was done. No engine can call such a request back; the journal calls it an assumption,
and a late write that no assumption stands for counts as repeated in silence.

All figures but \`not judged\` and \`not harmed\` are of rounds that were harmed and judged. \`not harmed\`: over before
anybody harmed them.
\`not judged\`: the desk that places the orders and settles the round could not reach the server in its time and ended with
ENGINE_UNREACHABLE, so that nobody could read what the workers had done; whatever else ends a round counts as lost or unsound.
${remarks.length === 0 ? '' : `\n${remarks.join('\n')}\n`}
## Stop, steer, cancel
${heardOf(heard)}

## What went wrong
${broken.length === 0 ? 'Nothing.' : broken.map(({ kind, seed, what }) => `- ${kind}, seed ${seed}: ${what}`).join('\n')}

## What was not judged
${unjudged.length === 0 ? 'Nothing.' : unjudged.map(unjudgedOf).join('\n')}

Repeat it, or go on: \`npm run crash-postgres -- --seconds 600\`. Rounds add up. \`--heard 1000\` tries the second part again.
`
}

function unjudgedOf({ kind, seed, what, again }: Failure & { readonly kind: Kind }): string {
  return `- ${kind}, seed ${seed}: ${what}. ${again === undefined ? 'To be played again' : `Played again, alone on its server: ${again}`}.`
}

function heardOf(heard: Heard | undefined): string {
  if (heard === undefined) return 'Not tried yet.'
  const { tries, missed, lateMs, load } = heard
  const [p50, p99, worst] = [lateMs.p50, lateMs.p99, lateMs.worst].map(Math.round)
  return `Spoken through one worker at a random moment while another one runs the process. Not heard: ${missed.length} of
${tries.toLocaleString('en-US')}. From the word to the fact in the journal: ${p50} ms (p50), ${p99} ms (p99), ${worst} ms (worst)${
    load === undefined ? '' : `; load of the machine ${load[0]} before, ${load[1]} after`
  }.`
}
