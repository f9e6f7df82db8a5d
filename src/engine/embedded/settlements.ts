/**
 * Settlements of pending effects find their processes by token (rule E10).
 *
 * Invariants:
 * 1. A settlement is written before it is answered: as a control to the process that waits, or held for it.
 * 2. What is held is passed on in the transaction in which its wait becomes durable.
 * 3. A token is passed on once; when its wait is opened anew it may be settled again.
 */
import { baseKey } from '../../kernel/index.ts'
import type { Control, Settlement, Wait } from '../../kernel/index.ts'
import { asEffectKey, limits } from '../../std/index.ts'
import type { Clock, Hash } from '../../std/index.ts'
import { SETTLEMENTS_HELD_MAX } from '../limits.ts'
import type { SettleResult } from '../port.ts'
import type { Arrival } from './post.ts'
import { prepareControl } from './prepare.ts'
import type { PreparedControl, PreparedSettlement } from './prepare.ts'
import type { TokenWait } from './store/settlement-table.ts'
import { unpack } from './store/pack.ts'
import type { Tables } from './store/tables.ts'

/** What came of a settlement, to be told when it is durable. */
export type SettlementArrival = { readonly result: SettleResult; readonly arrival?: Arrival | undefined }

type Parts = {
  readonly tables: Tables
  readonly clock: Clock
  readonly hash: Hash
  /** Puts a control into the lane of a process. */
  readonly send: (what: PreparedControl) => Arrival
}

/** The settlements of one store; every member runs inside a transaction. */
export class Settlements {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Somebody outside settles `token`. */
  take({ token, settlement, hold, packed }: PreparedSettlement): SettlementArrival {
    const { settlements, blobs } = this.#parts.tables
    const now = this.#parts.clock.now()
    settlements.forget(now - limits.FOREIGN_ID_TTL_MS)
    const known = settlements.find(token)
    if (known !== undefined) return { result: 'duplicate' }
    const wait = settlements.waiting(token)
    if (wait !== undefined) {
      settlements.put(token, now, null)
      return { result: 'queued', arrival: this.#pass(token, wait, settlement) }
    }
    if (!hold) return { result: 'unknown' }
    if (settlements.held() >= SETTLEMENTS_HELD_MAX) return { result: 'full' }
    for (const blob of packed.blobs) blobs.put(blob)
    settlements.put(token, now, packed.text)
    return { result: 'held' }
  }

  /** A wait for a token has been written: what was held for it goes to its process now. */
  opened(wait: Wait, p: TokenWait['p']): Arrival | undefined {
    if (wait.on.kind !== 'pending') return undefined
    const { settlements, blobs } = this.#parts.tables
    const { token } = wait.on
    const known = settlements.find(token)
    if (known === undefined) return undefined
    if (known.text === null) {
      settlements.remove(token)
      return undefined
    }
    settlements.put(token, this.#parts.clock.now(), null)
    return this.#pass(token, { p, key: wait.key }, unpack<Settlement>(known.text, blobs.get))
  }

  #pass(token: string, { p, key }: TokenWait, settlement: Settlement): Arrival | undefined {
    const { processes, journal } = this.#parts.tables
    const row = processes.row(p)
    if (row === undefined) return undefined
    const effect = baseKey(asEffectKey(key))
    // The frame that the wait stands in makes the id: a wait that is opened anew is another.
    const id = `settle/${this.#parts.hash.sha256(`${journal.end(p)?.n ?? 0}\n${effect}\n${token}`)}`
    const control: Control = { ...settlement, id, type: 'settle', key: effect, token }
    return this.#parts.send(prepareControl(row.pid, control, this.#parts.hash))
  }
}
