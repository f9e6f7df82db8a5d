/**
 * The journal of a process whose run moves, seen from its `process` object.
 *
 * Invariants:
 * 1. When `flush` is answered, nothing that the process has sent is on its way: what one key sends comes in its order.
 * 2. Frames are taken only while they are expected, and of the last attempt; what lay beyond them is gone.
 */
import type { SealedFrame, Wait } from '../../kernel/index.ts'
import { asEpoch } from '../../std/index.ts'
import type { Epoch, Pid } from '../../std/index.ts'
import type { OfAttempt } from './arriving.ts'
import type { OfMove } from './leaving.ts'
import { frameKey } from './open-journal.ts'
import { callTo } from './sdk.ts'
import type { Exclusive, Sdk, Shared } from './sdk.ts'
import type { Head, Openings, ServiceNames } from './wire.ts'

/** Frames that arrive, and behind the last of them where the journal stands. */
export type FramesSent = OfAttempt & {
  readonly frames: readonly SealedFrame[]
  readonly end?: { readonly head: Head; readonly waits: readonly Wait[] }
}

type Arriving = OfAttempt & {
  /** Of the journal that was there: of a process that had left. */
  readonly n: number
  readonly epoch: Epoch
}

/** Handlers of the `process` object; each begins when whoever ran the process has come to an end. */
export function journalMoves(sdk: Sdk, names: ServiceNames) {
  return {
    /** Which processes it has started last: all of them have been answered now. */
    flush: async (ctx: Exclusive, { to }: { readonly to: readonly Pid[] }): Promise<readonly Pid[]> => {
      const openings = await ctx.get<Openings>('waits')
      const started = (openings?.rows ?? []).flatMap(({ sent }) =>
        sent.flatMap((one) => (one.type === 'start' ? [one.request.pid] : [])),
      )
      const knocks = [...new Set([...to, ...started])].map((key) =>
        callTo<void>(sdk, ctx, { service: names.mailbox, key, method: 'knock' }, null),
      )
      await sdk.RestatePromise.all(knocks)
      return started
    },
    expect,
    receive,
    expectNoMore,
    head: sdk.handlers.object.shared((ctx: Shared): Promise<Head | null> => ctx.get<Head>('head')),
  }
}

/** Its name is claimed. */
async function expect(ctx: Exclusive, { id, attempt }: OfAttempt): Promise<void> {
  const [known, kept] = [ctx.get<Arriving>('arriving'), ctx.get<Head>('head')]
  const [before, head] = [await known, await kept]
  const { n, epoch } = before?.id === id ? before : { n: head?.n ?? 0, epoch: head?.epoch ?? asEpoch(0) }
  ctx.set<Arriving>('arriving', { id, attempt, n, epoch })
}

async function receive(ctx: Exclusive, { id, attempt, frames, end }: FramesSent): Promise<void> {
  const arriving = await ctx.get<Arriving>('arriving')
  if (arriving?.id !== id || arriving.attempt !== attempt) return
  for (const frame of frames) ctx.set(frameKey(frame.n), frame)
  if (end === undefined) return
  const { head, waits } = end
  for (let { n } = head; n < arriving.n; n++) ctx.clear(frameKey(n))
  ctx.set<Head>('head', { ...head, epoch: asEpoch(Math.max(head.epoch, arriving.epoch)) })
  ctx.set<Openings>('waits', { waits, rows: [] })
}

/** It is there, or does not come: then nothing is left of it. */
async function expectNoMore(
  ctx: Exclusive,
  { id, isRefused }: OfMove & { readonly isRefused: boolean },
): Promise<void> {
  const arriving = await ctx.get<Arriving>('arriving')
  if (arriving?.id !== id) return
  if (isRefused && arriving.n === 0) ctx.clearAll()
  else ctx.clear('arriving')
}
