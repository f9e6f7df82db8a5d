import { describe, expect, it } from 'vitest'
import { failure } from '../../kernel/index.ts'
import type { FactBody } from '../../kernel/index.ts'
import { asEffectKey } from '../../std/index.ts'
import type { Made } from './family.fixture.ts'
import { intended, madeReader, settled, waiting } from './family.fixture.ts'
import { parseFilter } from './filter.ts'
import { memberOf } from '../operate/find.ts'

const FAILED: FactBody = {
  type: 'settled',
  key: asEffectKey('tool:pay:x#0'),
  attempt: 1,
  outcome: failure({ code: 'DOWN', message: 'down', retryable: false }),
}
const RUN: readonly Made[] = [
  { pid: 'a1', kind: 'agent', workflow: 'helper', status: 'failed', facts: [intended('tool:pay:x#0', 'pay'), FAILED] },
  {
    pid: 'a2',
    workflow: 'desk',
    status: 'waiting',
    facts: [waiting('ask:x:x#0', { kind: 'answer', title: 'Which?' })],
  },
  {
    pid: 'b1',
    kind: 'agent',
    workflow: 'helper-two',
    status: 'parked',
    parked: { code: 'CODE_ABSENT', message: 'gone', retryable: false },
  },
  { pid: 'b2', workflow: 'desk', status: 'done', facts: [intended('tool:pay:y#0', 'pay'), settled('tool:pay:y#0')] },
]

async function fitting(text: string, nowMs = 0): Promise<readonly string[]> {
  const filter = parseFilter(text)
  const reader = madeReader(RUN)
  const pids: string[] = []
  for await (const view of reader.list(filter.query))
    if (filter.matches(await memberOf(reader, view), nowMs)) pids.push(view.pid)
  return pids
}

describe('filters', () => {
  it.each([
    ['agent=helper', ['a1']],
    ['agent=helper*', ['a1', 'b1']],
    ['workflow=desk', ['a2', 'b2']],
    ['status=failed|parked', ['a1', 'b1']],
    ['status=failed|parked, agent=helper', ['a1']],
    ['error=CODE_ABSENT', ['b1']],
    ['effect=pay', ['a1']],
    ['root=a1,pid=a2', ['a2']],
    ['pid=b*', ['b1', 'b2']],
    ['status=done,status=failed', []],
  ])('%s', async (text, pids) => {
    expect(await fitting(text)).toEqual(pids)
  })

  it.each([
    ['staus=failed', /a filter has no term staus. Did you mean status\?/],
    ['status=faild', /there is no status faild. Did you mean failed\?/],
    ['agent', /agent= needs a value: the name of an agent/],
    ['older=soon', /not a duration/],
    [' , ', /the filter says nothing/],
  ])('%s is refused with the nearest right word', (text, message) => {
    expect(() => parseFilter(text)).toThrow(message)
  })

  it('older and newer go by how long it has been as it is, and by its beginning', async () => {
    const later = 10 * 3_600_000
    expect(await fitting('newer=1h', 1_000_500)).toHaveLength(4)
    expect(await fitting('older=1h', later)).toHaveLength(4)
    expect(await fitting('older=1h', 1_000_500)).toEqual([])
  })
})
