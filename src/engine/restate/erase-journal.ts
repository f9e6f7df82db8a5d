/**
 * Erases payloads of a journal whose process has ended.
 *
 * Invariants:
 * 1. No frame's body changes: digests stay, so the chain still verifies (rule J1).
 * 2. What a move brings is not erased: it is asked for once more in here, where frames come in after it or before it.
 * 3. The last fact of the journal says who erased, and when.
 */
import { eraseFrame, FACT_VERSION, sealFrame } from '../../kernel/index.ts'
import type { Fact, SealedFrame } from '../../kernel/index.ts'
import { asSeq } from '../../std/index.ts'
import type { EffectKey, Hash, Pid } from '../../std/index.ts'
import { frameKey } from './open-journal.ts'
import { callTo } from './sdk.ts'
import type { Exclusive, Sdk } from './sdk.ts'
import type { At, EraseAnswer, Erasing, Head, ServiceNames } from './wire.ts'

type About = At & { readonly by: string; readonly key?: EffectKey }

/** The handler of the `process` object: number of payloads that were there, or why they are there still. */
export const journalEraser =
  (sdk: Sdk, names: ServiceNames, hash: Hash) =>
  async (ctx: Exclusive, about: About): Promise<number | Exclude<EraseAnswer, 'erased'>> => {
    const { at, by } = about
    const ask: Erasing = { at, by, whole: false }
    const mailbox = { service: names.mailbox, key: ctx.key, method: 'erase' }
    const answer = await callTo<EraseAnswer>(sdk, ctx, mailbox, ask)
    return answer === 'erased' ? eraseJournal(ctx, about, hash) : answer
  }

async function eraseJournal(ctx: Exclusive, { by, key, at }: About, hash: Hash): Promise<number> {
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
