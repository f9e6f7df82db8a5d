/**
 * The settlement of one pending effect: a virtual object keyed by the effect's token (rule E10).
 *
 * Invariants:
 * 1. A settlement is in the object's state before it is answered: passed on, or held for its wait.
 * 2. A token is passed on once; when its wait is opened anew it may be settled again.
 * 3. When its process leaves, it has no wait any more, and nothing that it passed on is on its way.
 */
import { baseKey } from '../../kernel/index.ts'
import type { Control, Settlement } from '../../kernel/index.ts'
import { limits } from '../../std/index.ts'
import type { Hash } from '../../std/index.ts'
import type { SettleResult } from '../port.ts'
import { callTo, MARKED, objectOptions, sendTo, unheedingOptions } from './sdk.ts'
import type { Exclusive, Sdk } from './sdk.ts'
import type { At, ServiceNames, TokenSettlement, TokenWait } from './wire.ts'

type TokenRow = {
  wait?: TokenWait
  /** How often a wait was opened: each makes another control. */
  opened: number
  held?: Settlement
  isPassed?: boolean
}

/** The definition of the object, for a worker to serve. */
export function tokenObject(sdk: Sdk, names: ServiceNames, hash: Hash) {
  const pass = (ctx: Exclusive, row: TokenRow, { settlement, at }: At & { readonly settlement: Settlement }): void => {
    const { pid, key, by, hasMoved } = row.wait!
    const effect = baseKey(key)
    // Elsewhere it was counted from one, too, and what was counted there may have been heard.
    const id = `settle/${hash.sha256(`${hasMoved === true ? by : row.opened}\n${effect}\n${ctx.key}`)}`
    const control: Control = { ...settlement, id, type: 'settle', key: effect, token: ctx.key }
    sendTo(sdk, ctx, { service: names.mailbox, key: pid, method: 'control' }, { parameter: { control, at } })
    row.isPassed = true
  }
  const keep = (ctx: Exclusive, row: TokenRow): void => {
    ctx.set('row', row)
    const delayMs = limits.FOREIGN_ID_TTL_MS
    sendTo(sdk, ctx, { service: names.token, key: ctx.key, method: 'forget' }, { parameter: row.opened, delayMs })
  }
  return sdk.object({
    name: names.token,
    handlers: {
      /** Somebody outside settles it. */
      async settle(ctx: Exclusive, { settlement, hold, at }: TokenSettlement): Promise<SettleResult> {
        const row = (await ctx.get<TokenRow>('row')) ?? { opened: 0 }
        if (row.isPassed === true || row.held !== undefined) return 'duplicate'
        if (row.wait === undefined) {
          if (!hold) return 'unknown'
          keep(ctx, { ...row, held: settlement })
          return 'held'
        }
        pass(ctx, row, { settlement, at })
        keep(ctx, row)
        return 'queued'
      },
      /** A wait for it has become durable, told once or twice: what was held for it goes to its process now. */
      async opened(ctx: Exclusive, { wait, at }: At & { readonly wait: TokenWait }): Promise<void> {
        const row = (await ctx.get<TokenRow>('row')) ?? { opened: 0 }
        if (row.wait?.by === wait.by) return
        row.wait = wait
        row.opened += 1
        delete row.isPassed
        const { held } = row
        delete row.held
        if (held !== undefined) pass(ctx, row, { settlement: held, at })
        ctx.set('row', row)
      },
      /** Its process leaves by a move. What was passed on to it has come when this is answered. */
      async withdraw(ctx: Exclusive, { pid, key }: Pick<TokenWait, 'pid' | 'key'>): Promise<void> {
        const row = await ctx.get<TokenRow>('row')
        if (row?.wait?.pid === pid && row.wait.key === key) {
          delete row.wait
          ctx.set('row', row)
        }
        await callTo(sdk, ctx, { service: names.mailbox, key: pid, method: 'knock' }, null)
      },
      /** Nothing has happened since for as long as a token is remembered. */
      async forget(ctx: Exclusive, opened: number): Promise<void> {
        const row = await ctx.get<TokenRow>('row')
        if (row?.opened === opened) ctx.clearAll()
      },
    },
    metadata: MARKED,
    options: { ...objectOptions, ...unheedingOptions },
  })
}
