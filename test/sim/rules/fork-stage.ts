/** A stage for the rules of forks: a workflow, its fork, and everything both left behind. */
import type { AnyDefinition, Ctx, Fact, ForkRequest } from '../../../src/kernel/index.ts'
import { ENDED, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import type { Pid, Seq } from '../../../src/std/index.ts'
import type { ProcessView } from '../../../src/engine/index.ts'
import { about, flow, outcomeOf } from './stage.ts'
import type { ToolMaker } from './stage.ts'

/** How the two are played. */
export type ForkPlay = {
  readonly fork?: Partial<Omit<ForkRequest, 'from'>>
  /** Which fact of the origin is the last that is shared. */
  readonly seq?: (facts: readonly Fact[]) => number | undefined
  readonly cap?: { readonly toolCalls?: number }
  readonly originCap?: { readonly toolCalls?: number }
  readonly define?: readonly AnyDefinition[]
  /** The origin is forked when it is there. */
  readonly when?: (sim: Simulation, pid: Pid) => Promise<unknown>
  readonly after?: (sim: Simulation, pid: Pid) => Promise<unknown>
}

/** Runs a workflow, forks it, and waits for the fork's end. */
export async function forked(play: ForkPlay, body: (ctx: Ctx, tool: ToolMaker) => unknown) {
  return simulate({ seed: 1 }, async (sim) => {
    const made = new Map<string, ReturnType<typeof worldTool>>()
    const tool: ToolMaker = (name, settings = {}) => {
      const known = made.get(name) ?? worldTool(sim.world, { name, ...settings })
      made.set(name, known)
      return known
    }
    sim.define(
      ...(play.define ?? []),
      flow((ctx) => body(ctx, tool)),
    )
    await sim.boot()
    const origin = await sim.start(
      flow(() => 0),
      undefined,
      { pid: 'origin', cap: play.originCap ?? {} },
    )
    await (play.when?.(sim, origin) ?? sim.reached(origin, [...ENDED, 'parked']))
    const facts = await sim.facts(origin)
    const seq = play.seq?.(facts)
    const before = sim.world.ledger.length
    const pid = await sim.fork(
      origin,
      { ...(seq === undefined ? {} : { seq: seq as Seq }), ...play.fork },
      { pid: 'twin', cap: play.cap ?? {} },
    )
    const [view] = await Promise.all([sim.reached(pid, [...ENDED, 'parked']), play.after?.(sim, pid)])
    const same = await sim.facts(origin)
    return {
      ...resultOf(view),
      view,
      sim,
      origin,
      originFacts: facts,
      originAfter: same,
      facts: await sim.facts(pid),
      deeds: sim.world.ledger.slice(before),
      tool,
    }
  })
}

/** The value or the error of a process. */
export const resultOf = (view: ProcessView) =>
  view.parked === undefined ? outcomeOf(view.result) : { value: undefined, error: view.parked }
/** The last fact of a type about a part of a key. */
export const seqOf =
  (part: string, type: 'settled' | 'answered' = 'settled') =>
  (facts: readonly Fact[]) =>
    about(facts, type, part).at(-1)?.seq
/** What the fork has of its origin. */
export const shared = (facts: readonly Fact[]) => facts.filter((fact) => fact.shared !== undefined)

/** Two draws with a read between them. */
export const draws = async (ctx: Ctx, tool: ToolMaker) => {
  const id = await ctx.uuid()
  const read = await ctx.tool(tool('look', { effect: 'read' }), {})
  const later = await ctx.uuid('later')
  return { id, read, later }
}
