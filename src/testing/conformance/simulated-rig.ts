/** The same engine code over a store in memory, in virtual time. */
import { createEngine, memoryMedium, nodeHash } from '../../engine/index.ts'
import type { LocalEngine, StoreFaults } from '../../engine/index.ts'
import { hostLife } from '../simulation/host-life.ts'
import type { HostLife } from '../simulation/host-life.ts'
import { simLoop } from '../simulation/sim-loop.ts'
import { simRandom } from '../simulation/sim-random.ts'
import { chainOffences } from './chain-offences.ts'
import type { EngineRig, OpenRig } from './engine-rig.ts'
import { SIM_EPOCH_MS } from '../limits.ts'

/** Opens the simulated engine for the conformance suite; `seed` orders what happens at the same time. */
export function simulatedRig(seed: number | string = 1): OpenRig {
  return async (use) => {
    const random = simRandom(seed)
    const loop = simLoop(random.fork('loop'))
    using medium = memoryMedium()
    let lives = 0
    let life: HostLife | undefined
    let failing = false
    let engine: LocalEngine | undefined
    const faults: StoreFaults = {
      beforeCommit() {
        if (!failing) return
        failing = false
        throw Object.assign(new Error('simulated I/O error'), { code: 'EIO' })
      },
    }
    const boot = (): LocalEngine => {
      life = hostLife(loop, ++lives)
      return (engine = createEngine({
        store: medium.open(faults),
        clock: life.clock,
        random: random.fork(lives),
        hash: nodeHash,
        soon: life.soon,
      }))
    }
    const end = (): void => {
      if (life === undefined) return
      medium.crash()
      life.end()
    }
    const rig: EngineRig = {
      async open() {
        end()
        return boot()
      },
      async crash() {
        end()
      },
      turn: () => new Promise((resolve) => loop.ready(resolve)),
      offences: () => chainOffences(engine),
      sleep: (delayMs) => loop.sleep(delayMs),
      now: () => SIM_EPOCH_MS + loop.nowMs,
      usurp: async () => boot(),
      failNextCommit: () => {
        failing = true
      },
    }
    await loop.run(() => use(rig))
  }
}
