/** What could not be undone is shown to whoever looks at the run. */
import { expect, it } from 'vitest'
import { UNDOING } from './definitions.ts'
import { project } from './project.ts'

it('skein show: a run that failed, what it undid and what it could not', async () => {
  await using p = await project({ 'undoing.ts': UNDOING })
  const failed = await p.skein('run', 'undoing.ts', '--id', 'u1')
  expect([failed.code, p.ledger()]).toEqual([1, ['freed']])
  expect((await p.skein('show', 'u1')).out).toContain('warning   COMPENSATION_FAILED: refund (EFFECT_FAILED)')
  const { warning } = JSON.parse((await p.skein('show', 'u1', '--json')).out) as { readonly warning: string }
  expect(warning).toBe('COMPENSATION_FAILED: refund (EFFECT_FAILED)')
})
