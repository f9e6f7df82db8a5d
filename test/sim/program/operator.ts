/** People around a simulated run: they settle what is put before them by what really happened, and pay. */
import type { WaitOn } from '../../../src/kernel/index.ts'
import { factsOf } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import type { ProcessView } from '../../../src/engine/index.ts'
import type { EffectKey } from '../../../src/std/index.ts'
import { TOPICS } from './grammar.ts'

/** Longer than a request can be under way, so that "not there" means not there. */
const ROUND_MS = 10_000
const MESSAGES_MAX = 8
const DEPLOYS_MAX = 4

/** Looks round until `isOver`: resolves unknown outcomes, approves or denies, tops up. */
export async function attend(sim: Simulation, isOver: () => boolean): Promise<void> {
  const random = sim.random.fork('operator')
  const seen = new Set<string>()
  for (let round = 0; !isOver(); round++) {
    await sim.loop.sleep(ROUND_MS)
    const views = await sim.list()
    for (const view of views) {
      for (const { key, on } of view.waits) {
        const wait = `${view.pid} ${key} ${view.activations}`
        if (seen.has(wait) || on.kind === 'budget')
          await answer(sim, view, key, on, { id: `op${round}`, agrees: random.chance(0.8) })
        seen.add(wait)
      }
    }
  }
}

async function answer(
  sim: Simulation,
  { pid }: ProcessView,
  key: EffectKey,
  on: WaitOn,
  about: { readonly id: string; readonly agrees: boolean },
): Promise<void> {
  const by = 'ann'
  const controlId = `${about.id}/${pid}/${key}`
  switch (on.kind) {
    case 'operator': {
      const effect = key.replace(/!resolve$/, '')
      const segment = factsOf(await sim.facts(pid), 'snapshot').at(-1)?.segment ?? 0
      const id = `${pid}/0/${segment}/${effect}`
      const [done] = sim.world.ledger.filter((deed) => deed.what === 'done' && deed.key === id)
      const how = done === undefined ? (about.agrees ? 'again' : 'fail') : 'done'
      await sim.control(pid, {
        type: 'resolve',
        id: controlId,
        key,
        how,
        by,
        ...(done === undefined ? {} : { value: { text: JSON.stringify(done.value) } }),
      })
      return
    }
    case 'approval':
      await sim.control(pid, { type: 'approve', id: controlId, key, verdict: about.agrees ? 'approved' : 'denied', by })
      return
    case 'budget':
      await sim.control(pid, { type: 'topUp', id: controlId, amounts: on.need, by })
      return
    case 'answer':
    case 'promise':
      await sim.control(pid, { type: 'answer', id: controlId, key, value: { text: JSON.stringify(about) }, by })
      return
    default:
  }
}

/** Deploys: the host is told to go, drains, and another comes. */
export async function deploy(sim: Simulation, isOver: () => boolean): Promise<void> {
  const random = sim.random.fork('deploys')
  for (let n = random.between(0, DEPLOYS_MAX); n > 0; n--) {
    await sim.loop.sleep(random.between(0, 10_000))
    if (isOver() || !(await sim.drain())) continue
    await sim.loop.sleep(random.between(1, 200))
    await sim.boot()
  }
}

/** Strangers who send messages, some of them twice. */
export async function chatter(sim: Simulation, pid: string, isOver: () => boolean): Promise<void> {
  const random = sim.random.fork('chatter')
  for (let n = 0; n < MESSAGES_MAX && !isOver(); n++) {
    await sim.loop.sleep(random.between(0, 4_000))
    const [target] = (await sim.list()).filter((view) => view.pid.startsWith(pid))
    if (target === undefined) continue
    const about = { id: `x${n}` as never, topic: random.pick(TOPICS) }
    for (let copies = random.between(1, 2); copies > 0; copies--) await sim.send(target.pid, { n }, about)
  }
}
