/**
 * The account of a process: a fold over its own facts (rules G1, G2).
 *
 * Invariants:
 * 1. Per dimension: cap = available + reserved + delegated + spent + forfeited; a dimension without cap is unlimited,
 *    and counted all the same.
 * 2. Amounts move only by facts; a check never changes anything.
 * 3. An attempt's reservation ends exactly once: settled, released or forfeited.
 * 4. More spent than reserved freezes the account: nothing more is reserved until somebody tops it up (rule E5).
 */
import type { Amounts, Dimension } from './amounts.ts'
import { addAmounts, DIMENSIONS, subtractAmounts } from './amounts.ts'

/** The whole account as data, as snapshots carry it. */
export type AccountData = {
  readonly cap: Amounts
  readonly reserved: Amounts
  readonly delegated: Amounts
  readonly spent: Amounts
  readonly forfeited: Amounts
  readonly strict: boolean
  readonly frozen: boolean
}

/** What a process may spend, has reserved, handed on, spent and lost. */
export class Account {
  #data: AccountData

  constructor(data: AccountData) {
    this.#data = data
  }

  static withCap(cap: Amounts, strict: boolean): Account {
    return new Account({ cap, strict, reserved: {}, delegated: {}, spent: {}, forfeited: {}, frozen: false })
  }

  get data(): AccountData {
    return this.#data
  }

  get strict(): boolean {
    return this.#data.strict
  }

  get frozen(): boolean {
    return this.#data.frozen
  }

  /** A copy to try decisions on. */
  draft(): Account {
    return new Account(this.#data)
  }

  /** What is left in a dimension; infinite where there is no cap. Negative means debt. */
  available(dimension: Dimension): number {
    const { cap, reserved, delegated, spent, forfeited } = this.#data
    const limit = cap[dimension]
    if (limit === undefined) return Number.POSITIVE_INFINITY
    return (
      limit -
      (reserved[dimension] ?? 0) -
      (delegated[dimension] ?? 0) -
      (spent[dimension] ?? 0) -
      (forfeited[dimension] ?? 0)
    )
  }

  /** What is left, in the dimensions that have a cap. */
  left(): Amounts {
    const left: { [D in Dimension]?: number } = {}
    for (const dimension of DIMENSIONS)
      if (this.#data.cap[dimension] !== undefined) left[dimension] = this.available(dimension)
    return left
  }

  /** The dimensions in which `need` exceeds what is left, with the shortage; undefined when there is enough. */
  shortage(need: Amounts): Amounts | undefined {
    if (this.#data.frozen) return need
    let short: { [D in Dimension]?: number } | undefined
    for (const dimension of DIMENSIONS) {
      const wanted = need[dimension]
      if (wanted === undefined || wanted === 0) continue
      const lack = wanted - this.available(dimension)
      if (lack > 0) (short ??= {})[dimension] = lack
    }
    return short
  }

  reserve(amounts: Amounts): void {
    this.#data = { ...this.#data, reserved: addAmounts(this.#data.reserved, amounts) }
  }

  /** Ends a reservation; what was really used is spent. */
  settle(reserve: Amounts, actual: Amounts): void {
    const spent = addAmounts(this.#data.spent, actual)
    let frozen = this.#data.frozen
    for (const dimension of DIMENSIONS) {
      if (this.#data.cap[dimension] !== undefined && (actual[dimension] ?? 0) > (reserve[dimension] ?? 0)) frozen = true
    }
    this.#data = { ...this.#data, reserved: subtractAmounts(this.#data.reserved, reserve), spent, frozen }
  }

  /** Ends the reservation of a dead attempt: what it may have used is lost, the rest comes back. */
  forfeit(reserve: Amounts, lost: Amounts): void {
    const { reserved, forfeited } = this.#data
    this.#data = {
      ...this.#data,
      reserved: subtractAmounts(reserved, reserve),
      forfeited: addAmounts(forfeited, lost),
    }
  }

  /** Moves `amounts` to a child; starting it costs one process, going on after its end takes back what it had reported. */
  carve(amounts: Amounts, spent: Amounts, forfeited: Amounts = {}): void {
    this.#data = {
      ...this.#data,
      delegated: addAmounts(this.#data.delegated, amounts),
      spent: addAmounts(this.#data.spent, spent),
      forfeited: addAmounts(this.#data.forfeited, forfeited),
    }
  }

  /** The parent kept a part of the cap. */
  withhold(amounts: Amounts): void {
    this.#data = { ...this.#data, cap: subtractAmounts(this.#data.cap, amounts) }
  }

  /** A child ended: its cap comes home less what it and its own children used. */
  giveBack(cap: Amounts, spent: Amounts, forfeited: Amounts): void {
    const data = this.#data
    this.#data = {
      ...data,
      delegated: subtractAmounts(data.delegated, cap),
      spent: addAmounts(data.spent, spent),
      forfeited: addAmounts(data.forfeited, forfeited),
    }
  }

  /** Raises the cap in the dimensions that have one, and thaws. */
  topUp(amounts: Amounts): void {
    const cap: { [D in Dimension]?: number } = { ...this.#data.cap }
    for (const dimension of DIMENSIONS) {
      const limit = cap[dimension]
      if (limit !== undefined) cap[dimension] = limit + (amounts[dimension] ?? 0)
    }
    this.#data = { ...this.#data, cap, frozen: false }
  }
}
