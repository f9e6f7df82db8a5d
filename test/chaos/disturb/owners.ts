/** Two servers for one folder: a deploy in which either is killed, and an owner that is frozen while another one waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { begin } from '../life.ts'
import type { Living } from '../life.ts'
import { Unsound } from '../broken-off.ts'
import type { Edge } from '../folder.ts'
import type { Disturbance, Lived, Subject } from './disturbance.ts'
import { edgeIn, usualFate } from './kills.ts'

const DEPLOYS_MAX = 6
const FREEZES_MAX = 4
/** Longest time from the start of a successor to a kill: it covers its boot, the hand-over, and some work after. */
const KNIFE_MS_MAX = 700
const FROZEN_MS_MAX = 400

type Knife = 'nobody' | 'owner' | 'successor' | 'both'
const KNIVES: readonly Knife[] = ['nobody', 'owner', 'owner', 'successor', 'both']

/** A server is redeployed again and again, and the old one, the new one or both are killed meanwhile. */
export const deploys: Disturbance = async (subject) => {
  const run = new Servers(subject)
  let owner = run.serve()
  for (let n = 0; n < DEPLOYS_MAX; n++) {
    await owner.begun
    await sleep(subject.random.between(0, Math.min(subject.ms, KNIFE_MS_MAX)))
    const successor = run.serve()
    const knife = subject.random.pick([...KNIVES])
    await sleep(subject.random.between(0, KNIFE_MS_MAX))
    const victims = { nobody: [], owner: [owner], successor: [successor], both: [owner, successor] }[knife]
    for (const { child } of victims) child.kill('SIGKILL')
    // Who is asked to leave ends as well; who was asked by a successor that is dead may stay, or leave later.
    for (const living of victims.length === 0 ? [owner] : victims) {
      const result = await run.note(living)
      if (result !== undefined) return run.over(result, [owner, successor])
    }
    if (knife !== 'successor') owner = knife === 'both' ? run.serve() : successor
  }
  return run.last(owner)
}

/** The owner is stopped at a commit or a moment, another server waits, and the first one is killed or goes on. */
export const freezes: Disturbance = async (subject) => {
  const run = new Servers(subject)
  for (let n = 0; n < FREEZES_MAX; n++) {
    const { random } = subject
    const { fatal } = usualFate({ ...subject, n: n * 3, random }, n)
    const isByClock = random.chance(0.3) || fatal === undefined
    const owner = run.serve(isByClock ? {} : { fatal: { ...fatal, signal: 'SIGSTOP' } })
    await owner.begun
    if (isByClock) {
      await sleep(random.between(0, subject.ms))
      owner.child.kill('SIGSTOP')
    } else await owner.frozen
    const successor = run.serve()
    await successor.begun
    await sleep(random.between(0, FROZEN_MS_MAX))
    subject.counts.freezes += 1
    owner.child.kill(random.chance(0.5) ? 'SIGKILL' : 'SIGCONT')
    const result = await run.note(owner)
    if (result !== undefined) return run.over(result, [owner, successor])
    // The successor owns the folder now; it makes way for the next one that is frozen.
    if (n < FREEZES_MAX - 1) {
      await sleep(random.between(0, FROZEN_MS_MAX))
      successor.child.kill('SIGKILL')
    }
    const next = await run.note(successor)
    if (next !== undefined) return run.over(next, [])
  }
  return run.last(run.serve())
}

/** The servers of one run. */
class Servers {
  readonly #subject: Subject
  readonly #edges: Edge[] = []
  #lives = 0

  constructor(subject: Subject) {
    this.#subject = subject
  }

  serve(more: { readonly fatal?: { n: number; when: 'before' | 'after'; signal: 'SIGSTOP' } } = {}): Living {
    return begin(this.#subject.place, { ...this.#subject.order, life: this.#lives++, handOver: true, ...more })
  }

  /** Waits for the end of a life and counts how it came; its result, when it has one. */
  async note({ ended }: Living): Promise<{ readonly value: unknown } | undefined> {
    const { wasKilled, said } = await ended
    const { counts } = this.#subject
    if (wasKilled) {
      counts.kills += 1
      const edge = await edgeIn(this.#subject.order.folder)
      if (edge !== undefined) this.#edges.push(edge)
    }
    if (said !== undefined && 'left' in said) counts.handOvers += 1
    if (said !== undefined && 'stopped' in said) throw new Error(`its store stopped (${said.stopped}): ${said.why}`)
    return said !== undefined && 'result' in said ? { value: said.result } : undefined
  }

  /** The result is there: whoever still lives says the same, or is killed. */
  async over({ value }: { readonly value: unknown }, living: readonly Living[]): Promise<Lived> {
    for (const { ended } of living) {
      const { said } = await ended
      if (said === undefined || !('result' in said)) continue
      const [one, other] = [JSON.stringify(value), JSON.stringify(said.result)]
      if (one !== other) throw new Unsound(`two owners, two results: ${one} and ${other}`)
    }
    return { result: value, edges: this.#edges }
  }

  /** Nothing more happens to it. */
  async last(owner: Living): Promise<Lived> {
    let result = await this.note(owner)
    while (result === undefined) result = await this.note(this.serve())
    return this.over(result, [])
  }
}
