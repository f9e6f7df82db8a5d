/** What checks add up to, and the one line that says it. */

export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** One thing that is checked. */
export type Check = { readonly name: string; run(): Promise<Tally> }

export const NOTHING_CHECKED: Tally = { passed: 0, failed: 0, skipped: 0 }
export const PASSED: Tally = { passed: 1, failed: 0, skipped: 0 }
export const FAILED: Tally = { passed: 0, failed: 1, skipped: 0 }

export function addTallies(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** The line that says how one check went. */
export function checkLine(name: string, isPassed: boolean, startedMs: number): string {
  return `${isPassed ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`
}

export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
