/** One seed: a program runs, dies at a random commit, is edited meanwhile, and goes on or parks; then the oracle. */
import { nodeHash } from '../../../src/engine/index.ts'
import { createRegistry, valueOf } from '../../../src/kernel/index.ts'
import type { Fact } from '../../../src/kernel/index.ts'
import type { ProcessView } from '../../../src/engine/index.ts'
import {
  compareWithWorld,
  conservationOffences,
  ENDED,
  endOffences,
  factsOf,
  journalOffences,
  simRandom,
  simulate,
} from '../../../src/testing/index.ts'
import type { Deed } from '../../../src/testing/index.ts'
import { generate } from '../program/grammar.ts'
import type { Body } from '../program/grammar.ts'
import { PATIENT, programTools } from '../program/interpreter.ts'
import { attend } from '../program/operator.ts'
import { offencesOfEdit } from './oracle.ts'
import { randomEdit } from './random-edit.ts'
import { versionOf } from './program.ts'
import type { EditedValue } from './program.ts'

const COMMITS_MAX = 10
const TIME_MS_MAX = 3600 * 1000

/** What came of a seed. */
export type PlayedEdit = {
  readonly end: 'untouched' | 'adopted' | 'parked' | 'failed'
  readonly classes: readonly string[]
  readonly offences: readonly string[]
  readonly before: Body
  readonly after: Body
  readonly facts: readonly Fact[]
  readonly ledger: readonly Deed[]
  readonly view: ProcessView
}

/** Plays a seed. Deterministic. */
export async function playEdit(seed: number, edit = randomEdit): Promise<PlayedEdit> {
  const random = simRandom(`edit ${seed}`)
  const before = generate(random.fork('program'), random.between(5, 14))
  const { body: after, classes } = edit(before, random.fork('edit'))
  const deathAt = random.between(3, COMMITS_MAX)
  // The second one, where there is one, comes while the new code is being adopted, or soon after.
  const deaths = [deathAt, deathAt + random.between(2, COMMITS_MAX)]
  const powerFails = (moment: 'before' | 'after', n: number): boolean => deaths.includes(n) && moment === 'after'
  const left = await simulate(
    { seed, powerFails, rebootMs: 'never', graceMs: 3_000, timeMsMax: TIME_MS_MAX },
    async (sim) => {
      const tools = programTools(sim.world, PATIENT)
      const [one, two] = [versionOf(tools, before, '1'), versionOf(tools, after, '2')]
      sim.define(one)
      await sim.boot()
      const pid = await sim.start(one, null, { pid: 'p' })
      const at = { isOver: false }
      const rest = sim.reached(pid, [...ENDED, 'parked']).finally(() => (at.isOver = true))
      while (sim.crashes === 0 && !at.isOver) await sim.loop.sleep(1)
      const done = sim.world.ledger.length
      if (!at.isOver) {
        sim.forget('edited')
        sim.define(two)
        await sim.boot()
      }
      const operator = attend(sim, () => at.isOver)
      while (sim.crashes < deaths.length && !at.isOver) await sim.loop.sleep(1)
      if (!at.isOver) await sim.boot()
      const view = await rest
      await operator
      return { two, view, facts: await sim.facts(pid), done, ledger: sim.world.ledger, isEdited: sim.crashes > 0 }
    },
  )
  const { view, facts, ledger } = left
  const code = createRegistry(nodeHash)
  code.register(left.two)
  const journal = { pid: view.pid, facts }
  const isNew = factsOf(facts, 'adopted').length > 0
  const value = view.result?.type === 'ok' ? (valueOf(view.result.value) as EditedValue) : undefined
  return {
    end: view.status === 'parked' ? 'parked' : isNew ? (value === undefined ? 'failed' : 'adopted') : 'untouched',
    classes,
    before,
    after,
    facts,
    ledger,
    view,
    offences: [
      ...journalOffences(journal),
      ...compareWithWorld([journal], ledger).offences,
      ...(view.endedAt === undefined ? [] : conservationOffences([journal], ['toolCalls'])),
      ...(isNew ? await endOffences(journal, code) : []),
      ...offencesOfEdit({ view, facts, ledger, value, doneBefore: left.done }),
    ],
  }
}
