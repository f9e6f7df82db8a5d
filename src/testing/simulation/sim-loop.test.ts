import { describe, expect, it } from 'vitest'
import { hostLife } from './host-life.ts'
import { simLoop } from './sim-loop.ts'
import { simRandom } from './sim-random.ts'

/** Which of ten timers due at once come first. */
const order = async (seed: number): Promise<readonly number[]> => {
  const loop = simLoop(simRandom(seed))
  const fired: number[] = []
  await loop.run(async () => {
    for (let n = 0; n < 10; n++) loop.timer(5, () => fired.push(n))
    await loop.sleep(6)
  })
  return fired
}

describe('simLoop', () => {
  it('moves time only to the next timer, never back', async () => {
    const loop = simLoop(simRandom(1))
    const at: number[] = []
    await loop.run(async () => {
      await Promise.all([30, 10, 20].map((ms) => loop.sleep(ms).then(() => at.push(loop.nowMs))))
    })
    expect(at).toEqual([10, 20, 30])
  })

  it('orders what is due at once by the seed', async () => {
    expect(await order(1)).toEqual(await order(1))
    expect(await order(1)).not.toEqual(await order(2))
    expect(new Set(await order(1))).toEqual(new Set(await order(2)))
  })

  it('runs all microtasks between two tasks, and nothing between a task and its follower', async () => {
    const loop = simLoop(simRandom(1))
    const log: string[] = []
    await loop.run(async () => {
      loop.timer(0, () => log.push('timer'))
      loop.ready(
        () => {
          log.push('deliver')
          void Promise.resolve()
            .then(() => Promise.resolve())
            .then(() => log.push('microtask'))
        },
        () => log.push('drained'),
      )
      await loop.sleep(1)
    })
    expect(log.filter((line) => line !== 'timer')).toEqual(['deliver', 'microtask', 'drained'])
    expect(log.indexOf('drained')).toBe(log.indexOf('deliver') + 2)
  })

  it('a disposed timer never fires; what a life queued ends with it', async () => {
    const loop = simLoop(simRandom(1))
    let fired = 0
    await loop.run(async () => {
      loop.timer(1, () => fired++)[Symbol.dispose]()
      const life = hostLife(loop, 1)
      life.clock.timer(1, () => fired++)
      life.soon(() => fired++)
      life.macrotask(
        () => fired++,
        () => fired++,
      )
      life.end()
      await loop.sleep(5)
    })
    expect(fired).toBe(0)
  })

  it('gives up on a scenario that never ends', async () => {
    const endless = simLoop(simRandom(1), 1_000)
    const tick = (): void => void endless.timer(100, tick)
    await expect(
      endless.run(() => {
        tick()
        return new Promise(() => {})
      }),
    ).rejects.toThrow('has not ended')
  })
})

describe('simRandom', () => {
  it('draws the same for the same seed; a fork does not depend on how much was drawn', () => {
    const [a, b] = [simRandom('x'), simRandom('x')]
    expect([a.next(), a.hex(8), a.between(1, 6)]).toEqual([b.next(), b.hex(8), b.between(1, 6)])
    a.next()
    expect(a.fork('y').next()).toBe(b.fork('y').next())
    expect(simRandom(1).next()).not.toBe(simRandom(2).next())
  })

  it('is even enough', () => {
    const random = simRandom(7)
    const counts = Array.from({ length: 6 }, () => 0)
    for (let i = 0; i < 6_000; i++) counts[random.between(1, 6) - 1]! += 1
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})
