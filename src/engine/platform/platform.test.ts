import { describe, expect, it } from 'vitest'
import { MACROTASK_DELIVERIES_MAX } from '../limits.ts'
import { nodeClock } from './node-clock.ts'
import { nodeHash } from './node-hash.ts'
import { nodeMacrotask } from './node-macrotask.ts'
import { nodeRandom } from './node-random.ts'

describe('the machine as ports', () => {
  it('a timer fires once, not before its time; disposed first, never', async () => {
    const began = nodeClock.now()
    let fired = 0
    await new Promise<void>((resolve) => {
      nodeClock.timer(5, () => {
        fired += 1
        resolve()
      })
      nodeClock.timer(1, () => (fired += 10))[Symbol.dispose]()
    })
    expect(nodeClock.now() - began).toBeGreaterThanOrEqual(5)
    expect(fired).toBe(1)
    expect(nodeClock.monotonicMs()).toBeLessThanOrEqual(nodeClock.monotonicMs())
  })

  it('a timer beyond what the machine can count does not fire at once', async () => {
    let isFired = false
    using _timer = nodeClock.timer(2 ** 40, () => (isFired = true))
    using _never = nodeClock.timer(Infinity, () => (isFired = true))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(isFired).toBe(false)
  })

  it('random hex has the length asked for and does not repeat, over refills of the pool', () => {
    const drawn = new Set(Array.from({ length: 2_000 }, () => nodeRandom.hex(16)))
    expect(drawn.size).toBe(2_000)
    expect([...drawn].every((hex) => /^[0-9a-f]{32}$/.test(hex))).toBe(true)
    expect(nodeRandom.hex(20_000)).toHaveLength(40_000)
    const numbers = Array.from({ length: 1_000 }, () => nodeRandom.next())
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
    expect(Math.abs(numbers.reduce((sum, number) => sum + number, 0) / 1_000 - 0.5)).toBeLessThan(0.1)
  })

  it('hash is SHA-256 of UTF-8', () => {
    expect(nodeHash.sha256('ü')).toBe('607474ca475a9724d7360aba71a56d5df77e61350e3f724cfa1f46e857e2d85f')
    expect(nodeHash.sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})

describe('D1: macrotasks', () => {
  it('between a delivery and its drain lie all its microtasks and nothing foreign', async () => {
    const macrotask = nodeMacrotask()
    const log: string[] = []
    const hops = async (name: string): Promise<void> => {
      for (let i = 0; i < 5; i++) await Promise.resolve()
      log.push(`${name} hopped`)
    }
    await new Promise<void>((resolve) => {
      setImmediate(() => log.push('before'))
      for (const name of ['a', 'b']) {
        macrotask(
          () => {
            log.push(name)
            void hops(name)
            setImmediate(() => log.push('foreign'))
            process.nextTick(() => log.push(`${name} ticked`))
          },
          () => log.push(`${name} drained`),
        )
      }
      setImmediate(() => setImmediate(() => setImmediate(resolve)))
    })
    expect(log.slice(0, 3)).toEqual(['before', 'a', 'b'])
    expect(log.indexOf('foreign')).toBeGreaterThan(log.indexOf('b drained'))
    expect(log.indexOf('a drained')).toBeGreaterThan(
      Math.max(log.indexOf('a hopped'), log.indexOf('b hopped'), log.indexOf('b ticked')),
    )
  })

  it('what is asked while a pair runs, in its delivery or its drain, goes into a later pair', async () => {
    const macrotask = nodeMacrotask()
    const log: string[] = []
    await new Promise<void>((resolve) => {
      macrotask(
        () => {
          log.push('1')
          macrotask(
            () => log.push('2'),
            () => log.push('2 drained'),
          )
        },
        () => {
          log.push('1 drained')
          macrotask(
            () => log.push('3'),
            () => {
              log.push('3 drained')
              resolve()
            },
          )
        },
      )
    })
    expect(log).toEqual(['1', '1 drained', '2', '3', '2 drained', '3 drained'])
  })

  it('a crowd is served in several pairs, in order', async () => {
    const macrotask = nodeMacrotask()
    const N = MACROTASK_DELIVERIES_MAX * 2 + 1
    const delivered: number[] = []
    const drained: number[] = []
    let most = 0
    await new Promise<void>((resolve) => {
      for (let i = 0; i < N; i++) {
        macrotask(
          () => {
            delivered.push(i)
            most = Math.max(most, delivered.length - drained.length)
          },
          () => {
            drained.push(i)
            if (drained.length === N) resolve()
          },
        )
      }
    })
    expect(most).toBe(MACROTASK_DELIVERIES_MAX)
    expect(drained).toEqual(delivered)
    expect(delivered).toEqual(Array.from({ length: N }, (_, i) => i))
  })
})
