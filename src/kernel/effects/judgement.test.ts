import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../std/index.ts'
import { failureOf } from '../journal/outcome.ts'
import { judge, leavesOpen } from './judgement.ts'

const about = { class: 'write', idempotent: false, name: 'pay', timedOutMs: undefined, aborted: false } as const
const withCode = (code: string, cause?: unknown): Error => Object.assign(new Error(code, { cause }), { code })

describe('how a throw is judged', () => {
  it('E6: cut connections, time-outs and 5xx leave a write open', () => {
    for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET'])
      expect(leavesOpen(withCode(code))).toBe(true)
    expect(leavesOpen(Object.assign(new Error('x'), { name: 'AbortError' }))).toBe(true)
    expect(leavesOpen(Object.assign(new Error('x'), { name: 'TimeoutError' }))).toBe(true)
    expect(leavesOpen(Object.assign(new Error('x'), { status: 500 }))).toBe(true)
    expect(leavesOpen(Object.assign(new Error('x'), { statusCode: 503 }))).toBe(true)
    expect(leavesOpen(Object.assign(new Error('x'), { status: 408 }))).toBe(true)
    expect(leavesOpen(new SkeinError('UNKNOWN_OUTCOME', 'x'))).toBe(true)
    expect(leavesOpen(Object.assign(new TypeError('fetch failed')))).toBe(true)
  })

  it('a refusal or a connection that never stood is a failure that surely happened', () => {
    expect(leavesOpen(Object.assign(new Error('x'), { status: 422 }))).toBe(false)
    expect(leavesOpen(new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }))).toBe(false)
    expect(leavesOpen(withCode('ENOTFOUND'))).toBe(false)
    expect(leavesOpen(new Error('insufficient funds'))).toBe(false)
    // A mistake in the tool's own code looks like what `fetch` throws, but for its text.
    expect(leavesOpen(new TypeError('order.total is not a function'))).toBe(false)
    expect(leavesOpen(new Error('fetch failed'))).toBe(false)
    expect(leavesOpen(withCode('INSUFFICIENT_FUNDS'))).toBe(false)
    expect(leavesOpen('a text')).toBe(false)
    expect(leavesOpen(null)).toBe(false)
  })

  it('looks for the reason below what was thrown', () => {
    expect(leavesOpen(new Error('outer', { cause: new Error('inner', { cause: withCode('ECONNRESET') }) }))).toBe(true)
    const circle: { cause?: unknown } = {}
    circle.cause = circle
    expect(leavesOpen(circle)).toBe(false)
  })

  it('a write is unknown where a read has failed', () => {
    expect(judge(withCode('ECONNRESET'), about)).toEqual({ type: 'unknown', why: 'pay: ECONNRESET' })
    expect(judge(withCode('ECONNRESET'), { ...about, class: 'read' }).type).toBe('error')
    expect(judge(new Error('late'), { ...about, timedOutMs: 50 })).toMatchObject({ type: 'unknown' })
    const read = judge(new Error('late'), { ...about, class: 'read', timedOutMs: 50 })
    expect(failureOf(read)).toMatchObject({ code: 'EFFECT_TIMEOUT', retryable: true })
    expect(failureOf(judge(new Error('no funds'), about))).toMatchObject({ code: 'EFFECT_FAILED', message: 'no funds' })
  })

  it('E6: what is thrown need not be an error, nor have a text', () => {
    const bare: unknown = Object.assign(Object.create(null), { code: 'ECONNRESET' })
    expect(judge(bare, about)).toMatchObject({ type: 'unknown', why: expect.stringMatching(/^pay: /) })
  })

  it('what we aborted ourselves is cancelled', () => {
    expect(judge(withCode('ECONNRESET'), { ...about, aborted: true })).toEqual({ type: 'cancelled' })
  })
})
