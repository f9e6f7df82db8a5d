import { describe, expect, it } from 'vitest'
import { Admission } from './admission.ts'

const lane = (name: string, limit: number) => ({ lane: name, limit })

describe('admission', () => {
  it('never lets more in than the limit, and each slot comes back once', () => {
    const admission = new Admission()
    const first = admission.tryEnter([lane('tool', 2)])
    const second = admission.tryEnter([lane('tool', 2)])
    expect(admission.tryEnter([lane('tool', 2)])).toBeUndefined()
    first?.[Symbol.dispose]()
    first?.[Symbol.dispose]()
    expect(admission.tryEnter([lane('tool', 2)])).toBeDefined()
    expect(admission.tryEnter([lane('tool', 2)])).toBeUndefined()
    second?.[Symbol.dispose]()
  })

  it('takes slots in all lanes or in none', () => {
    const admission = new Admission()
    const pay = admission.tryEnter([lane('tool', 5), lane('tool:pay', 1)])
    expect(admission.tryEnter([lane('tool', 5), lane('tool:pay', 1)])).toBeUndefined()
    for (let n = 0; n < 4; n++) expect(admission.tryEnter([lane('tool', 5)])).toBeDefined()
    expect(admission.tryEnter([lane('tool', 5)])).toBeUndefined()
    pay?.[Symbol.dispose]()
    expect(admission.tryEnter([lane('tool', 5), lane('tool:pay', 1)])).toBeDefined()
  })

  it('lets waiters in, in order of arrival', async () => {
    const admission = new Admission()
    const held = admission.tryEnter([lane('model', 1)])
    const order: number[] = []
    const { signal } = new AbortController()
    const waits = [1, 2, 3].map(async (n) => {
      using _slot = await admission.enter([lane('model', 1)], signal)
      order.push(n)
    })
    held?.[Symbol.dispose]()
    await Promise.all(waits)
    expect(order).toEqual([1, 2, 3])
  })

  it('an aborted waiter holds nothing and blocks nobody', async () => {
    const admission = new Admission()
    const held = admission.tryEnter([lane('model', 1)])
    const abort = new AbortController()
    const gone = admission.enter([lane('model', 1)], abort.signal)
    const next = admission.enter([lane('model', 1)], new AbortController().signal)
    abort.abort(new Error('closed'))
    await expect(gone).rejects.toThrow('closed')
    held?.[Symbol.dispose]()
    await expect(next).resolves.toBeDefined()
    await expect(admission.enter([lane('model', 9)], AbortSignal.abort(new Error('late')))).rejects.toThrow('late')
  })
})
