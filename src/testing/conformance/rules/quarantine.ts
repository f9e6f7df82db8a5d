/** A store that was restored, until it is released. */
import assert from 'node:assert/strict'
import type { EngineRule } from '../engine-stage.ts'
import { startOf } from '../puppet.ts'

const RESTORED = { incarnation: 1, takenAt: 5, restoredAt: 7, by: 'test' }

/** The rules of quarantine. */
export const QUARANTINE_RULES: readonly EngineRule[] = [
  {
    rule: 'quarantine',
    title: 'activations see it, the next owner finds it, and who is resident sees that it was lifted',
    async check(stage) {
      await stage.engine.start(startOf('p'))
      const before = await stage.puppet.next()
      assert.equal(before.activation.quarantine, undefined)
      await before.rest()
      await stage.engine.setQuarantine(RESTORED)
      assert.deepEqual(stage.engine.quarantine, RESTORED)
      const { engine, puppet } = await stage.reopen('crash')
      assert.deepEqual(engine.quarantine, RESTORED)
      await engine.start(startOf('q'))
      const lane = await puppet.nextOf('q')
      assert.deepEqual(lane.activation.quarantine, RESTORED)
      // An attempt that the backup shows as begun may still be under way, wherever it was taken from.
      assert.equal(lane.activation.ownerDeath, 'presumed')
      await engine.setQuarantine(undefined)
      assert.deepEqual([engine.quarantine, lane.activation.quarantine], [undefined, undefined])
    },
  },
]
