/** What a rule is checked on: an engine that is open and hosted, with a puppet in the kernel's place. */
import assert from 'node:assert/strict'
import type { Engine } from '../../engine/index.ts'
import type { EngineRig } from './engine-rig.ts'
import { Puppet, startOf } from './puppet.ts'

/** One rule of the port, and how it is seen. */
export type EngineRule = {
  readonly rule: string
  readonly title: string
  /** What the rig must be able to do. */
  readonly needs?: 'usurp' | 'failNextCommit'
  readonly check: (stage: EngineStage) => Promise<void>
}

/** An engine that is open and hosted. */
export type EngineStage = {
  readonly rig: EngineRig
  readonly puppet: Puppet
  readonly engine: Engine
  readonly host: AsyncDisposable
  /** Another owner over what this one left: after `crash`, or after closing it in order. */
  readonly reopen: (how: 'crash' | 'close') => Promise<EngineStage>
  /** Fails unless nobody has been activated who was not taken: a process started now is the next to come. */
  readonly quiet: () => Promise<void>
}

/** Opens an engine over the rig's store and hosts it; `life` counts its owners. */
export async function stageOf(rig: EngineRig, life = 1): Promise<EngineStage> {
  const engine = await rig.open()
  const puppet = new Puppet()
  const host = await engine.host(puppet.run)
  let bystanders = 0
  return {
    rig,
    puppet,
    engine,
    host,
    async reopen(how) {
      if (how === 'crash') await rig.crash()
      else await engine[Symbol.asyncDispose]()
      return stageOf(rig, life + 1)
    },
    async quiet() {
      const pid = `bystander-${life}-${(bystanders += 1)}`
      await engine.start(startOf(pid))
      const lane = await puppet.next()
      assert.equal(lane.pid, pid, 'nobody else was activated')
      await lane.end()
      assert.equal(puppet.isIdle, true, 'nobody else is activated')
    },
  }
}
