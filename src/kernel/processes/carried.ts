import type { AccountData } from '../accounts/account.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { ChildRecord } from './child-record.ts'

/** What a snapshot carries into the next segment. */
export type Carried = {
  readonly account: AccountData
  readonly toppedUp: Amounts
  readonly children: readonly ChildRecord[]
  readonly counts: Counts
  /** Where it is not the code it was born with. */
  readonly codeDigest?: string
  /** Hashes of the texts that models were shown. */
  readonly shown?: readonly string[]
}
/** How much was done, for operators. */
export type Counts = { local: number; read: number; write: number; repeated: number; facts: number }
