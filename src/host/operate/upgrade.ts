/** Moving a run to other code: what it would come to, and the control that asks for it (rules U3, U4). */
import { randomUUID } from 'node:crypto'
import { nodeHash, nodeMacrotask } from '../../engine/index.ts'
import { ProcessState, tryCode } from '../../kernel/index.ts'
import type { AnyDefinition, Control, Fact, UpgradeReport, WriteVerdict } from '../../kernel/index.ts'
import { readAnswer } from '../../model/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import type { Operable } from './acts.ts'
import { findProcess } from './find.ts'
import type { Reader } from './find.ts'

/** What an operator says of ambiguous writes, by name or key. */
export type UpgradeVerdicts = {
  readonly reuse?: readonly string[]
  readonly new?: readonly string[]
  readonly fail?: readonly string[]
}

/** The report, and the verdicts that were said, as the kernel takes them. */
export type UpgradePlan = { readonly report: UpgradeReport; readonly verdicts: readonly WriteVerdict[] }

/** A verdict may uncover another ambiguous write behind it, so often at most. */
const ROUNDS_MAX = 100

/** Tries code against a journal, with what somebody has said of ambiguous writes. */
export async function planUpgrade(
  journal: { readonly pid: Pid; readonly facts: readonly Fact[] },
  definition: AnyDefinition,
  said: UpgradeVerdicts = {},
  verdictsBefore: readonly WriteVerdict[] = [],
): Promise<UpgradePlan> {
  const ports = { hash: nodeHash, macrotask: nodeMacrotask(), readAnswer }
  let verdicts = verdictsBefore
  for (let round = 0; ; round++) {
    const report = await tryCode({ ...journal, definition, verdicts }, ports)
    const more = verdictsFor(report, said).filter(({ key }) => !verdicts.some((known) => known.key === key))
    if (more.length === 0 || round === ROUNDS_MAX) return { report, verdicts }
    verdicts = [...verdicts, ...more]
  }
}

function verdictsFor({ ambiguous }: UpgradeReport, said: UpgradeVerdicts): readonly WriteVerdict[] {
  return ambiguous.flatMap(({ key, name, candidates }) => {
    const how = (['reuse', 'new', 'fail'] as const).find((one) =>
      said[one]?.some((text) => text === name || text === key),
    )
    if (how === undefined) return []
    const from = candidates[0]?.key
    return [{ key, how, ...(how === 'reuse' && from !== undefined ? { from } : {}) }]
  })
}

/** Digest of the code that a process runs. */
export function codeOf(facts: readonly Fact[]): string {
  return foldOf(facts).codeDigest
}

/** What was said of ambiguous writes when somebody asked it to move, where it has not done so yet. */
export function askedUpgrade(facts: readonly Fact[], unheard: readonly Control[]): readonly WriteVerdict[] | undefined {
  return unheard.findLast((control) => control.type === 'upgrade')?.verdicts ?? foldOf(facts).upgradeAsked?.verdicts
}

function foldOf(facts: readonly Fact[]): ProcessState {
  const state = new ProcessState()
  for (const fact of facts) state.apply(fact)
  return state
}

/** All facts of a process. */
export async function factsOf(reader: Reader, pid: Pid): Promise<readonly Fact[]> {
  const facts: Fact[] = []
  for await (const frame of reader.history(pid)) facts.push(...frame.facts)
  return facts
}

/** What moving a run needs of an engine. */
export type Upgradable = Reader & Pick<Operable, 'control'>

/** Asks a run to move to the newest code of its host. Throws `UPGRADE_AMBIGUOUS` where it cannot, `PROCESS_ENDED`. */
export async function upgradeProcess(
  engine: Upgradable,
  id: string,
  definition: AnyDefinition,
  about: { readonly said: UpgradeVerdicts; readonly by: string; readonly isDry: boolean },
): Promise<UpgradePlan & { readonly pid: Pid }> {
  const pid = await findProcess(engine, id)
  const view = await engine.inspect(pid)
  if (view?.endedAt !== undefined) throw new SkeinError('PROCESS_ENDED', `${pid} has ended; there is nothing to move`)
  if (view?.workflow !== definition.name)
    throw new SkeinError(
      'INPUT_INVALID',
      `${pid} is a run of ${view?.workflow}, and the file has ${definition.name}; name the right file`,
    )
  const plan = await planUpgrade({ pid, facts: await factsOf(engine, pid) }, definition, about.said)
  if (!about.isDry && plan.report.outcome !== 'parked')
    await engine.control(pid, { id: randomUUID(), type: 'upgrade', verdicts: plan.verdicts, by: about.by })
  return { ...plan, pid }
}
