/** Where the processes of a run are kept, when it is not the folder of the run. */
import type { LifeOrder } from './life-order.ts'
import type { Found } from './folder.ts'

/** A place on somebody's server. */
export interface Site extends AsyncDisposable {
  /** Which engine the next life of the run opens. */
  order(): Promise<Required<Pick<LifeOrder, 'engine'>>>
  /** What an auditor reads there. */
  found(): Promise<Found>
  /** The harness could not start its server again, or has found it dead. */
  readonly isLost: boolean
  /** Asks the server itself, with patience, whether it is there. */
  answers(): Promise<boolean>
}
