/** What a run of a stage says about a planted bug, held against the same tests on the untouched code. Pure. */
import { HANG_FACTOR } from './limits.ts'

/** How a run of tests ended. `broken` could not be run: its code was not loaded, or a limit of the machine was met. */
export type Ended =
  | { readonly kind: 'green' }
  | { readonly kind: 'red'; readonly test: string }
  | { readonly kind: 'hangs' }
  | { readonly kind: 'broken'; readonly why: string }

/** What has come of a bug at a stage. `unclear` is an error of the bug or of the run: no catch and no miss. */
export type Verdict =
  | { readonly kind: 'caught'; readonly test: string }
  | { readonly kind: 'missed' }
  | { readonly kind: 'unclear'; readonly why: string }

/** How long a hang was waited for, and how long the untouched stage took. */
export type Waited = { readonly limitMs: number; readonly untouchedMs: number }

/** A hang says something only where the untouched tests end in a fraction of the time. */
const isLongEnough = ({ limitMs, untouchedMs }: Waited): boolean => untouchedMs * HANG_FACTOR <= limitMs

/** The verdict; `again` runs the test that has failed once more, on the untouched code, where it must be green. */
export async function verdictOf(
  ended: Ended,
  waited: Waited,
  again: (test: string) => Promise<Ended>,
): Promise<Verdict> {
  switch (ended.kind) {
    case 'green':
      return { kind: 'missed' }
    case 'broken':
      return { kind: 'unclear', why: ended.why }
    case 'hangs':
      return isLongEnough(waited)
        ? { kind: 'caught', test: 'hangs' }
        : {
            kind: 'unclear',
            why: `still running after ${waited.limitMs} ms, and untouched it takes ${waited.untouchedMs} ms`,
          }
    case 'red': {
      const untouched = await again(ended.test)
      return untouched.kind === 'green'
        ? { kind: 'caught', test: ended.test }
        : { kind: 'unclear', why: `${ended.test}: not green on the untouched code either` }
    }
  }
}
