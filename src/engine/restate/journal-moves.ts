/**
 * The journal of a process whose run moves, seen from its `process` object.
 *
 * Invariants:
 * 1. When `flush` is answered, nothing that the process has sent is on its way: what one key sends comes in its order.
 * 2. Frames are taken only while they are expected, and of the last attempt; what lay beyond them is gone.
 * 3. Of who does not come nothing stays, and the journal that was there is as it was: what is overwritten in it is kept aside.
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
  /** The journal that was there: of a process that had left. */
  readonly n: number
  readonly epoch: Epoch
  readonly before?: { readonly head: Head; readonly waits: Openings | null }
}

/** Before the key of a frame that was there. */
const ASIDE = 'aside/'

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
  const [known, kept, opened] = [ctx.get<Arriving>('arriving'), ctx.get<Head>('head'), ctx.get<Openings>('waits')]
  const [arriving, head, waits] = [await known, await kept, await opened]
  if (arriving?.id === id) return ctx.set<Arriving>('arriving', { ...arriving, attempt })
  const before = head === null ? { n: 0, epoch: asEpoch(0) } : { n: head.n, epoch: head.epoch, before: { head, waits } }
  ctx.set<Arriving>('arriving', { id, attempt, ...before })
}

async function receive(ctx: Exclusive, { id, attempt, frames, end }: FramesSent): Promise<void> {
  const arriving = await ctx.get<Arriving>('arriving')
  if (arriving?.id !== id || arriving.attempt !== attempt) return
  for (const frame of frames) {
    if (frame.n < arriving.n) await keepAside(ctx, frame)
    ctx.set(frameKey(frame.n), frame)
  }
  if (end === undefined) return
  const { head, waits } = end
  for (let { n } = head; n < arriving.n; n++) {
    await keepAside(ctx, n)
    ctx.clear(frameKey(n))
  }
  ctx.set<Head>('head', { ...head, epoch: asEpoch(Math.max(head.epoch, arriving.epoch)) })
  ctx.set<Openings>('waits', { waits, rows: [] })
}

/** Who comes back brings what was there, and that is told again; what was erased here, or is another's, is not. */
async function keepAside(ctx: Exclusive, by: SealedFrame | number): Promise<void> {
  const key = frameKey(typeof by === 'number' ? by : by.n)
  const was = await ctx.get<SealedFrame>(key)
  if (was === null) return
  const isSame = typeof by !== 'number' && was.hash === by.hash && was.payloads === by.payloads
  if (!isSame && (await ctx.get<SealedFrame>(ASIDE + key)) === null) ctx.set(ASIDE + key, was)
}

/** It is there, or does not come. */
async function expectNoMore(
  ctx: Exclusive,
  { id, isRefused }: OfMove & { readonly isRefused: boolean },
): Promise<void> {
  const arriving = await ctx.get<Arriving>('arriving')
  if (arriving?.id !== id) return
  if (isRefused && arriving.before === undefined) return ctx.clearAll()
  if (isRefused) await restore(ctx, arriving)
  ctx.clear('arriving')
  for (const key of await ctx.stateKeys()) if (key.startsWith(ASIDE)) ctx.clear(key)
}

async function restore(ctx: Exclusive, { n, before }: Arriving): Promise<void> {
  for (let beyond = n; (await ctx.get(frameKey(beyond))) !== null; beyond++) ctx.clear(frameKey(beyond))
  for (const key of await ctx.stateKeys())
    if (key.startsWith(ASIDE)) ctx.set(key.slice(ASIDE.length), await ctx.get<SealedFrame>(key))
  ctx.set('head', before!.head)
  if (before!.waits === null) ctx.clear('waits')
  else ctx.set('waits', before!.waits)
}
