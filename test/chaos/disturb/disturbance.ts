/** A way in which a run is disturbed from its first life to its last. */
import type { SimRandom } from '../../../src/testing/simulation/sim-random.ts'
import type { Counts } from '../counts.ts'
import type { Edge } from '../folder.ts'
import type { LifeOrder } from '../life-order.ts'
import type { Place } from '../life.ts'

/** A run to disturb. `commits` and `ms` are those of a run that was not. */
export type Subject = {
  readonly place: Place
  readonly order: Pick<LifeOrder, 'program' | 'folder'>
  readonly random: SimRandom
  /** Number of this run among those of its scenario. */
  readonly n: number
  readonly commits: number
  /** After so many kills it is left alone. */
  readonly killsMax: number
  /** There is no time for everything. */
  readonly isBrief: boolean
  readonly ms: number
  /** Of runs that share a server, the one that harms it. */
  readonly isDriver: boolean
  /** What has happened to it by now: added to as it happens, so that it is known of a run that breaks off. */
  readonly counts: Counts
  /** How many lines the ledger has of it by now. */
  readonly seen: () => number
}

/** How it went. */
export type Lived = {
  readonly result: unknown
  /** Where the kills cut its journals. */
  readonly edges: readonly Edge[]
  /** Lines that the ledger had each time when something happened to it; absent where each run is harmed for certain. */
  readonly harmedAt?: readonly number[]
  /** What went wrong that no ledger can see. */
  readonly offences?: readonly string[]
}

/** Leads all lives of a run. */
export type Disturbance = (subject: Subject) => Promise<Lived>
