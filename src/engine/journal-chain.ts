/** Checks chains of frames (rule J1), wherever they are kept. */
import { CHAIN_START } from '../kernel/index.ts'
import type { SealedFrame } from '../kernel/index.ts'
import type { Pid } from '../std/index.ts'
import { isOfBlobs } from './blobs/journal-blobs.ts'
import type { JournalProblem } from './embedded/local-engine.ts'

/** What the next frame of a journal follows. */
export type ChainPlace = { readonly n: number; readonly prevHash: string }

/** What is wrong with a journal; it is given up at its first broken frame. `check` says what is wrong with one. */
export async function problemIn(
  pid: Pid,
  frames: Iterable<SealedFrame> | AsyncIterable<SealedFrame>,
  check: (frame: SealedFrame, expected: ChainPlace) => string | undefined | Promise<string | undefined>,
): Promise<JournalProblem | undefined> {
  let expected: ChainPlace = { n: 0, prevHash: CHAIN_START }
  for await (const frame of frames) {
    const problem = await sayingLost(() => check(frame, expected))
    if (problem !== undefined) return { pid, n: expected.n, problem }
    expected = { n: frame.n + 1, prevHash: frame.hash }
  }
  return undefined
}

/** A payload that is nowhere is what is wrong with its journal, and others are checked; a store that is away says nothing of it. */
async function sayingLost(check: () => string | undefined | Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await check()
  } catch (thrown) {
    if (isOfBlobs(thrown) && !thrown.retryable) return `${thrown.code}: ${thrown.message}`
    throw thrown
  }
}

/** The problems of all these journals. */
export async function* problemsOf(
  pids: Iterable<{ readonly pid: Pid }> | AsyncIterable<{ readonly pid: Pid }>,
  find: (pid: Pid) => Promise<JournalProblem | undefined>,
): AsyncGenerator<JournalProblem> {
  for await (const { pid } of pids) {
    const problem = await find(pid)
    if (problem !== undefined) yield problem
  }
}
