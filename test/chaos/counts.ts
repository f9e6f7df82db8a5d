/** What a campaign counts, scenario by scenario. Counts of several campaigns are added up. */

const ZERO = {
  runs: 0,
  /** `kill -9`. */
  kills: 0,
  effects: 0,
  lost: 0,
  wrong: 0,
  repeated: 0,
  /** Repeated without a word of it in the journal. */
  silent: 0,
  /** Done according to the journal, and the ledger knows nothing of it. */
  skipped: 0,
  /** Broken laws of journals, messages and accounts; failures to go on. */
  unsound: 0,
  /** Runs on servers that broke off, so that nobody compared anything: they count for no runs. */
  unjudged: 0,
  /** Runs that were over before anything happened to them, or not begun: they count for no runs. */
  unharmed: 0,
  /** Effects with an outcome that nobody knew. */
  inDoubt: 0,
  /** Looks at the far side for what became of a key. */
  reconciled: 0,
  /** Said by somebody who had looked. */
  resolved: 0,
  /** Sent again under a key that the far side knew, and swallowed there. */
  repeatedKeyed: 0,
  /** Writes of somebody who was presumed dead, behind the answer "absent" that was believed and said to be an assumption (rule E8). */
  assumed: 0,
  /** Owners stopped by SIGSTOP while another one waited. */
  freezes: 0,
  /** Owners that left for their successor. */
  handOvers: 0,
  /** Logs torn behind the last acknowledged commit, and opened again. */
  tears: 0,
  /** Links cut for a while, and servers (or nodes of them) ended by `kill -9`. */
  cuts: 0,
  serverKills: 0,
  /** Stores that stopped for want of room, and said so. */
  full: 0,
}

/** Sums. */
export type Counts = { [Name in keyof typeof ZERO]: number }
/** What must be nothing. */
export const OFFENCES = ['lost', 'wrong', 'repeated', 'silent', 'skipped', 'unsound'] as const

/** Nothing yet. */
export const noCounts = (): Counts => ({ ...ZERO })

/** Adds to `sums`. */
export function addCounts(sums: Counts, more: Partial<Counts>): void {
  for (const name of Object.keys(ZERO) as (keyof Counts)[]) sums[name] += more[name] ?? 0
}
