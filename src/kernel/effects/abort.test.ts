import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../std/index.ts'
import { Abort } from './abort.ts'

const why = new SkeinError('CANCELLED', 'enough')

describe('the abort of an effect', () => {
  it('is heard by its listener before anybody who has the signal, and only the first reason counts', () => {
    const abort = new Abort()
    const heard: unknown[] = []
    const { signal } = abort
    signal.addEventListener('abort', () => heard.push('signal'))
    abort.listen((reason) => heard.push(reason))
    abort.abort(why)
    abort.abort(new SkeinError('CANCELLED', 'again'))
    expect(heard).toEqual([why, 'signal'])
    expect([abort.reason, signal.reason, abort.signal]).toEqual([why, why, signal])
  })

  it('shows in a signal that is looked at only afterwards, and tells nobody who has left', () => {
    const abort = new Abort()
    abort.listen(() => expect.unreachable())
    abort.listen(undefined)
    abort.abort(why)
    expect(abort.signal.aborted).toBe(true)
    expect(abort.signal.reason).toBe(why)
  })
})
