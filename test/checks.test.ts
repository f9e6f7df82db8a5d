/** What `npm test` says at its end is what happened. */
import { describe, expect, it } from 'vitest'
import { addTallies, FAILED, PASSED, tallyLine } from '../scripts/checks/tally.ts'
import { tallyOf, type VitestReport } from '../scripts/checks/vitest.ts'

const report = (change: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{}, {}, {}] }],
  ...change,
})

describe('the tally of a vitest run', () => {
  it('counts tests, and todos as skipped', () => {
    expect(tallyOf(report({ numPendingTests: 2, numTodoTests: 1 }), 0)).toEqual({ passed: 3, failed: 0, skipped: 3 })
  })

  it('counts a file that did not load as a failure', () => {
    const broken = report({ testResults: [{ status: 'failed', assertionResults: [] }] })
    expect(tallyOf(broken, 1)).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('is never green when the run was not: coverage below its threshold, an unhandled error', () => {
    expect(tallyOf(report({}), 1)).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('does not count a failure twice', () => {
    const failed = report({ numFailedTests: 1, testResults: [{ status: 'failed', assertionResults: [{}] }] })
    expect(tallyOf(failed, 1)).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('is a failure when there is no report at all', () => {
    expect(tallyOf(undefined, 0)).toEqual(FAILED)
  })
})

it('sums up in one line', () => {
  expect(tallyLine(addTallies(addTallies(PASSED, FAILED), { passed: 0, failed: 0, skipped: 4 }))).toBe(
    '1 passed, 1 failed, 4 skipped',
  )
})
