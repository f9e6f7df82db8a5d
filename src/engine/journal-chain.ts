/** Checks chains of frames (rule J1), wherever they are kept. */
import { CHAIN_START } from '../kernel/index.ts'
import type { SealedFrame } from '../kernel/index.ts'
import type { Pid } from '../std/index.ts'
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
    const problem = await check(frame, expected)
    if (problem !== undefined) return { pid, n: expected.n, problem }
    expected = { n: frame.n + 1, prevHash: frame.hash }
  }
  return undefined
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
