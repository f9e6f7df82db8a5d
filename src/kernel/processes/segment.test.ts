import { describe, expect, it } from 'vitest'
import { limits } from '../../std/index.ts'
import type { Process } from './process.ts'
import { segmentTooLong } from './segment.ts'

/** What is said of a segment of so many facts, and how often it is warned of. */
function said(kind: 'agent' | 'workflow', factsInSegment: number) {
  const warned: unknown[] = []
  const process = {
    pid: 'p',
    definition: { kind, name: 'w' },
    state: { factsInSegment },
    warnedLength: false,
    deps: { trace: (news: unknown) => warned.push(news) },
  } as unknown as Process
  const codes = [segmentTooLong(process), segmentTooLong(process)].map((error) => error?.code)
  return { codes, warned: warned.length }
}

describe('a segment', () => {
  it('D7: of a workflow is warned of once, and stops where it would be too long to replay', () => {
    expect(said('workflow', limits.SEGMENT_FACTS_WARN)).toEqual({ codes: [undefined, undefined], warned: 0 })
    expect(said('workflow', limits.SEGMENT_FACTS_MAX)).toEqual({ codes: [undefined, undefined], warned: 1 })
    const stopped = { codes: ['SEGMENT_TOO_LONG', 'SEGMENT_TOO_LONG'], warned: 1 }
    expect(said('workflow', limits.SEGMENT_FACTS_MAX + 1)).toEqual(stopped)
  })

  it('D7: of an agent ends by itself', () => {
    expect(said('agent', limits.SEGMENT_FACTS_MAX + 1)).toEqual({ codes: [undefined, undefined], warned: 0 })
  })
})
