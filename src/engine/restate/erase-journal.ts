/**
 * Erases payloads of a journal whose process has ended.
 *
 * Invariants:
 * 1. No frame's body changes: digests stay, so the chain still verifies (rule J1).
 * 2. The last fact of the journal says who erased, and when.
 */
import { eraseFrame, FACT_VERSION, sealFrame } from '../../kernel/index.ts'
import type { Fact, SealedFrame } from '../../kernel/index.ts'
import { asSeq } from '../../std/index.ts'
import type { EffectKey, Hash, Pid } from '../../std/index.ts'
import { frameKey } from './open-journal.ts'
import type { Exclusive } from './sdk.ts'
import type { At, Head } from './wire.ts'

/** Number of payloads that were there. */
export async function eraseJournal(
  ctx: Exclusive,
  { by, key, at }: At & { readonly by: string; readonly key?: EffectKey },
  hash: Hash,
): Promise<number> {
  const head = await ctx.get<Head>('head')
  if (head === null) return 0
  let count = 0
  for (let n = 0; n < head.n; n++) {
    const frame = await ctx.get<SealedFrame>(frameKey(n))
    if (frame === null) continue
    const { payloads, gone } = eraseFrame(frame, key)
    if (gone.length > 0) ctx.set(frameKey(n), { ...frame, payloads })
    count += gone.length
  }
  const fact: Fact = {
    v: FACT_VERSION,
    seq: asSeq(head.lastSeq + 1),
    at,
    type: 'erased',
    by,
    ...(key === undefined ? {} : { key }),
  }
  // It may hold what was last sent.
  ctx.clear('waits')
  const { epoch, n, hash: prevHash } = head
  // A fact without payloads needs no salt.
  const ports = { hash, random: { hex: () => '', next: () => 0 }, inlineMax: Number.POSITIVE_INFINITY }
  const { frame } = sealFrame({ pid: ctx.key as Pid, epoch, n, prevHash, facts: [fact] }, ports)
  ctx.set(frameKey(n), frame)
  ctx.set('head', { ...head, n: n + 1, hash: frame.hash, lastSeq: frame.lastSeq })
  return count
}
