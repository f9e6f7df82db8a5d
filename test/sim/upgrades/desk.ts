/** A desk for one edit: a workflow over a world with state runs until it waits, its code is changed, and it goes on. */
import type {
  AnyDefinition,
  Ctx,
  Fact,
  FactOf,
  Tool,
  UpgradeReport,
  WaitOn,
  WorkflowSettings,
} from '../../../src/kernel/index.ts'
import { createRegistry, workflow } from '../../../src/kernel/index.ts'
import { nodeHash } from '../../../src/engine/index.ts'
import { endOffences, ENDED, factsOf, journalOffences, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Journal, Simulation, SimulationOptions } from '../../../src/testing/index.ts'
import type { ProcessView } from '../../../src/engine/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { outcomeOf, waited } from '../rules/stage.ts'

type Named = Tool & { readonly name: string }

/** The tools of the desk, over one world: a switch, an account, and what can be read of them. */
export type Desk = Readonly<Record<'set' | 'charge' | 'refund' | 'level' | 'balance', Named>>

/** Code of one version. */
export type Version = (ctx: Ctx, desk: Desk) => Promise<unknown>

/** An edit, and how it meets a run in flight. */
export type Edit = {
  readonly before: Version
  readonly after: Version
  readonly settings?: Partial<WorkflowSettings<undefined, undefined>>
  readonly define?: (desk: Desk) => readonly AnyDefinition[]
  readonly options?: Partial<SimulationOptions>
  /** What it waits for when its code is changed; the message that lets it go on, unless said otherwise. */
  readonly waitsFor?: WaitOn['kind']
  /** When the new code is there, before the message that lets it go on. */
  readonly meanwhile?: (sim: Simulation, pid: Pid) => Promise<void>
}

/** What it left behind. */
export type Edited = {
  readonly view: ProcessView
  readonly value: unknown
  readonly facts: readonly Fact[]
  readonly adopted: readonly FactOf<'adopted'>[]
  readonly report: UpgradeReport | undefined
  /** What was done, in order: `charge 10`, `set "on"`. Reads are not among it. */
  readonly deeds: readonly string[]
  readonly reads: number
  readonly offences: readonly string[]
  readonly sim: Simulation
}

/** Where every version of the code waits for the message that lets it go on. */
export const hold = (ctx: Ctx): Promise<unknown> => ctx.receive({ topic: 'go' })

/** Plays an edit: the code is changed while the run waits for `go`. */
export async function edited(edit: Edit): Promise<Edited> {
  let code: readonly AnyDefinition[] = []
  const left = await simulate({ seed: 1, rebootMs: 'never', ...edit.options }, async (sim) => {
    const desk = deskOf(sim)
    const more = edit.define?.(desk) ?? []
    const version = (text: string, run: Version): AnyDefinition => {
      const settings = { onUpgrade: 'adopt' as const, ...edit.settings, name: 'desk', version: text }
      return workflow(settings, async (ctx) => run(ctx, desk))
    }
    const [before, after] = [version('1', edit.before), version('2', edit.after)]
    code = [...more, after]
    sim.define(...more, before)
    await sim.boot()
    const pid = await sim.start(before, null, { pid: 'p' })
    await (edit.waitsFor === undefined ? holds(sim, pid) : waited(sim, pid, edit.waitsFor))
    sim.crash()
    if (edit.settings?.onUpgrade !== 'pin') sim.forget('desk')
    sim.define(after)
    if (edit.options?.rebootMs === undefined) await sim.boot()
    await edit.meanwhile?.(sim, pid)
    await sim.send(pid, null, { topic: 'go' })
    const view = await sim.reached(pid, [...ENDED, 'parked'])
    return { view, facts: await sim.facts(pid), sim }
  })
  const { view, facts, sim } = left
  return {
    ...left,
    value: outcomeOf(view.result).value,
    adopted: factsOf(facts, 'adopted'),
    report: (view.parked?.data as { report?: UpgradeReport } | undefined)?.report,
    deeds: sim.world.ledger
      .filter(({ what, service }) => what === 'done' && !READS.has(service))
      .map(({ service, input }) => `${service} ${JSON.stringify(input)}`),
    reads: sim.world.ledger.filter(({ service }) => READS.has(service)).length,
    offences: await offencesOf({ pid: view.pid, facts }, code),
  }
}

/** What breaks a law of journals, or of their replay with the code that is there now (P1–P3). */
async function offencesOf(journal: Journal, definitions: readonly AnyDefinition[]): Promise<readonly string[]> {
  const code = createRegistry(nodeHash)
  for (const definition of definitions) code.register(definition)
  return [...journalOffences(journal), ...(await endOffences(journal, code))]
}

const LOOK_MS = 5

/** Resolves when the run waits for `go`. */
async function holds(sim: Simulation, pid: Pid): Promise<void> {
  for (;;) {
    const { waits = [] } = (await sim.inspect(pid)) ?? {}
    if (waits.some(({ on }) => on.kind === 'message' && on.pattern.topic === 'go')) return
    await sim.loop.sleep(LOOK_MS)
  }
}

const READS: ReadonlySet<string> = new Set(['level', 'balance'])

/** The world keeps the state, so that what is read depends on what was done before. */
function deskOf(sim: Simulation): Desk {
  let level: unknown = 'off'
  let balance = 100
  const { world } = sim
  return {
    set: worldTool(world, { name: 'set', idempotent: true, value: (to) => (level = to) }),
    charge: worldTool(world, { name: 'charge', value: (amount) => (balance -= amount as number) }),
    refund: worldTool(world, { name: 'refund', value: (amount) => (balance += amount as number) }),
    level: worldTool(world, { name: 'level', effect: 'read', value: () => level }),
    balance: worldTool(world, { name: 'balance', effect: 'read', value: () => balance }),
  }
}
