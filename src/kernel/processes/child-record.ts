import type { EffectKey, Pid } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'

/** What a process knows of a child. */
export type ChildRecord = {
  readonly key: EffectKey
  readonly pid: Pid
  readonly detached: boolean
  cap: Amounts
  ended: boolean
  /** What it had used when it ended. */
  spent?: Amounts
  cancelSent: boolean
  /** What others than this process had added to its account, told with its end. */
  broughtHome?: Amounts
  /** What was its own when it ended, and what of it was used. */
  returned?: { readonly cap: Amounts; readonly spent: Amounts; readonly forfeited: Amounts }
  /** Started in an earlier segment: nobody in this one can wait for it, and its key may mean another now. */
  carried?: true
}
