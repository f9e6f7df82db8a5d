import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import { DeliveryQueue } from './delivery-queue.ts'

describe('the delivery queue', () => {
  it('D4: hands out the lowest seq of what it holds, whatever the order of pushes and shifts', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000), { maxLength: 40 }), fc.array(fc.boolean()), (seqs, shifts) => {
        const queue = new DeliveryQueue()
        const held: number[] = []
        const takeOne = (): void => {
          held.sort((a, b) => a - b)
          expect(queue.shift()).toBe(held.length === 0 ? undefined : asEffectKey(String(held.shift())))
        }
        for (const [index, seq] of seqs.entries()) {
          queue.push(seq, asEffectKey(String(seq)))
          held.push(seq)
          if (shifts[index] === true) takeOne()
        }
        while (held.length > 0) takeOne()
        expect(queue.shift()).toBeUndefined()
      }),
    )
  })

  it('is empty after clear', () => {
    const queue = new DeliveryQueue()
    queue.push(1, asEffectKey('a'))
    queue.clear()
    expect(queue.shift()).toBeUndefined()
  })
})
