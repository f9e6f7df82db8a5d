/**
 * Dry replay (rules U3–U5): other code is run against the facts of a process, with nothing decided, started or sent, to
 * see whether what was done so far can have been done by it.
 *
 * Invariants:
 * 1. The state is the process's own and is the same afterwards; nothing reaches the engine.
 * 2. It is the replay that will follow if the code is adopted: equal code, facts and verdicts, equal answers.
 */
import { ROOT_SCOPE, SkeinError, toSkeinError } from '../../std/index.ts'
import type { EffectKey, ScopePath } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { Admission } from '../gate/admission.ts'
import type { FactOf, WriteVerdict } from '../journal/facts.ts'
import type { Activation } from '../ports/activation.ts'
import type { KernelDeps } from '../ports/host.ts'
import { makeBody } from '../processes/bodies.ts'
import { Process } from '../processes/process.ts'
import type { ProcessState } from '../processes/process-state.ts'
import { replayBody } from '../processes/replay.ts'
import { lostCompensations } from '../processes/shield.ts'
import { closeKey, isShielded, liesWithin } from '../scopes/scope.ts'
import { adoptionOf } from './adoption.ts'
import { ambiguityOf } from './ambiguity.ts'
import type { Ambiguity } from './ambiguity.ts'
import { firstSeqOf } from './answering.ts'
import { undrawn } from './leftovers.ts'
import { ambiguousAsk, askedAnew, hitsOf, orphansOf, wasPassed } from './report.ts'
import type { AskedAnew, RecordedEffect, UpgradeOutcome, UpgradeReport } from './report.ts'

/** Passes beyond which nobody would believe the report. */
const PASSES_MAX = 64

/** What is replayed: a process as its facts left it, and the code to try. */
export type DryReplay = {
  readonly act: Activation
  readonly deps: KernelDeps
  readonly state: ProcessState
  readonly definition: AnyDefinition
  readonly codeDigest: string
  readonly verdicts: readonly WriteVerdict[]
}

/** What came of it: the report, and what an `adopted` fact would say. */
export type DryReplayed = {
  readonly report: UpgradeReport
  readonly adopted: Omit<FactOf<'adopted'>, 'v' | 'seq' | 'at' | 'by'>
}

/** Replays until no later answer is used up by an earlier ask. Asks `migrate` where the code has one. */
export async function dryReplay(of: DryReplay): Promise<DryReplayed> {
  let verdicts = of.verdicts
  for (;;) {
    const result = await untilSettled(of, verdicts)
    const migrate = of.definition.kind === 'workflow' ? of.definition.migrate?.writes : undefined
    if (migrate === undefined || result.report.ambiguous.length === 0) return result
    const given = migratedVerdicts(migrate(result.report), result.report)
    const news = given.filter(({ key }) => !verdicts.some((known) => known.key === key))
    if (news.length === 0) return result
    verdicts = [...verdicts, ...news]
  }
}

/** What `migrate` says, by name or key, as verdicts. */
function migratedVerdicts(
  said: Readonly<Record<string, WriteVerdict['how'] | undefined>>,
  report: UpgradeReport,
): readonly WriteVerdict[] {
  return report.ambiguous.flatMap(({ key, name, candidates }) => {
    const how = said[key] ?? said[name]
    if (how === undefined) return []
    const from = candidates[0]?.key
    return [{ key, how, ...(how === 'reuse' && from !== undefined ? { from } : {}) }]
  })
}

/** A later answer that was used too early (rule U5) is asked anew where that does no harm, and everything is tried again. */
async function untilSettled(of: DryReplay, verdicts: readonly WriteVerdict[]): Promise<DryReplayed> {
  const barred = new Set<EffectKey>()
  for (let pass = 0; ; pass++) {
    const fact = adoptedFact(of, verdicts, barred)
    const { state } = of
    state.adoptions.push(adoptionOf({ ...fact, seq: state.nextSeq as never }))
    try {
      const replayed = await onePass(of)
      using _ = replayed.process
      const early = pass < PASSES_MAX ? usedTooEarly(replayed.process) : []
      if (early.length === 0) return resultOf(of, fact, replayed)
      for (const key of early) barred.add(key)
    } finally {
      state.adoptions.pop()
    }
  }
}

type Replayed = {
  readonly process: Process
  readonly error: SkeinError | undefined
  readonly held: readonly Ambiguity[]
  readonly reopened: readonly ScopePath[]
}

async function onePass({ act, deps, state, definition, codeDigest }: DryReplay): Promise<Replayed> {
  const process = new Process(unheard(act), { ...deps, trace: () => undefined }, new Admission(), state)
  process.definition = definition
  process.codeDigest = codeDigest
  let error: SkeinError | undefined
  try {
    makeBody(process)
    await replayBody(process)
  } catch (thrown) {
    error = toSkeinError(thrown, 'INTERNAL')
  }
  // What floats at the end of a body is dropped, and so is what a concluded scope has asked for.
  const hasEnded = process.body?.end !== undefined
  process.asked = hasEnded ? [] : process.asked.filter((ask) => process.open.has(ask.key) && ask.scope.isOpen)
  const reopened = reopenedScopes(process)
  const held = process.asked.flatMap((ask) => ambiguityOf(process, ask, reopened) ?? [])
  return { process, error: error ?? cutShort(process), held, reopened }
}

/** Combinators that were concluded before, and are open now that the code has caught up. */
function openAgain(process: Process): ScopePath[] {
  return [...process.open.values()].flatMap((ask) =>
    ask.op === 'close' && !ask.concluded.isConcluded && process.state.effects.get(ask.key)?.outcome !== undefined
      ? [ask.closes]
      : [],
  )
}

/** Where a scope was done, nothing of it was cut short: it may go on. */
function reopenedScopes(process: Process): ScopePath[] {
  return openAgain(process).filter((scope) => !process.state.cutShort.has(scope))
}

/** Combinators that were done, and that the code has not come to: something new stands before them. They may go on, too. */
function aheadScopes({ state, known }: Process): ScopePath[] {
  return state.closedScopes.filter((scope) => {
    const key = closeKey(scope)
    if (scope === ROOT_SCOPE || isShielded(scope) || known.has(key)) return false
    return ![...state.cutShort].some((stopped) => stopped === scope || liesWithin(scope, stopped))
  })
}

/** A race that was won, or branches of which one failed, cannot go on: the others were told to stop. */
function cutShort(process: Process): SkeinError | undefined {
  const scope = openAgain(process).find((path) => process.state.cutShort.has(path))
  if (scope === undefined) return undefined
  return new SkeinError(
    'WORKFLOW_DIVERGED',
    `the branches of ${scope} were over, and the others were stopped; the new code has more to do in them`,
  )
}

/** Records that answered before something was asked for that the run before had learned before it asked for them. */
function usedTooEarly(process: Process): readonly EffectKey[] {
  const { state, told } = process
  const early = new Set<EffectKey>()
  for (const [late, why] of process.unfit) {
    const firstSeq = why === 'late' ? firstSeqOf(state, late) : undefined
    const knownAt = state.effects.get(late)?.outcomeSeq ?? -1
    if (firstSeq === undefined || knownAt < 0) continue
    for (const { key, seq } of told.deliveries) {
      const askedAt = firstSeqOf(state, key)
      if (seq > firstSeq && askedAt !== undefined && askedAt > knownAt && mayBeHadAgain(process, key)) early.add(key)
    }
  }
  return [...early]
}

/** Reads, local acts, draws, sleeps: what can be asked for anew without a question. */
function mayBeHadAgain({ state }: Process, key: EffectKey): boolean {
  const record = state.effects.get(key)
  if (record?.kind !== undefined) return record.class !== 'write'
  return /(^|\/)(now|random|uuid|budget|sleep):/.test(key)
}

function adoptedFact(
  { state, definition, codeDigest }: DryReplay,
  verdicts: readonly WriteVerdict[],
  barred: ReadonlySet<EffectKey>,
): DryReplayed['adopted'] {
  const keysOf = (how: WriteVerdict['how']): EffectKey[] =>
    verdicts.filter((one) => one.how === how).map(({ key }) => key)
  const fresh = [...keysOf('new'), ...barred]
  const failed = keysOf('fail')
  const reused = verdicts.flatMap(({ key, how, from = key }) => (how === 'reuse' ? [{ key, from }] : []))
  return {
    type: 'adopted',
    from: state.codeDigest,
    to: codeDigest,
    version: definition.version,
    orphans: [],
    ...(fresh.length === 0 ? {} : { fresh }),
    ...(reused.length === 0 ? {} : { reused }),
    ...(failed.length === 0 ? {} : { failed }),
  }
}

function resultOf(
  of: DryReplay,
  fact: DryReplayed['adopted'],
  { process, error, held, reopened }: Replayed,
): DryReplayed {
  const { act } = of
  const heldAsks = new Set(held.map(({ ask }) => ask))
  const misses: AskedAnew[] = process.asked
    .filter((ask) => ask.op !== 'join' && ask.op !== 'close' && !heldAsks.has(ask))
    .map((ask) => askedAnew(process, ask))
  const orphans = orphansOf(process, reopened)
  const ambiguous = held.map((ambiguity) => ambiguousAsk(process, ambiguity))
  const outcome = ((): UpgradeOutcome => {
    if (error !== undefined || ambiguous.length > 0) return 'parked'
    const isRepeated = misses.some(({ because }) => because !== undefined)
    if (misses.length > 0 && (isRepeated || orphans.some((orphan) => !wasPassed(process, orphan)))) return 'late-insert'
    return orphans.length > 0 ? 'orphan' : 'identical'
  })()
  const unregistered = lostCompensations(process, ({ firstSeq }) => isPassed(process, firstSeq))
  const report: UpgradeReport = {
    pid: act.pid,
    workflow: act.start.workflow,
    from: fact.from,
    to: fact.to,
    version: fact.version,
    outcome,
    hits: hitsOf(process),
    misses,
    orphans,
    ambiguous,
    ...(unregistered.length === 0 ? {} : { unregistered }),
    ...(error === undefined ? {} : { error: error.toJSON() }),
  }
  const [ahead, drawn] = [aheadScopes(process), undrawn(process)]
  const gone = orphans.filter((orphan) => isStillOpen(orphan) && isPassed(process, orphan.seq)).map(({ key }) => key)
  return {
    report,
    adopted: {
      ...fact,
      orphans: orphans.map(({ key }) => key),
      ...(gone.length === 0 ? {} : { gone }),
      ...(reopened.length === 0 ? {} : { open: reopened }),
      ...(ahead.length === 0 ? {} : { ahead }),
      ...(drawn.length === 0 ? {} : { undrawn: drawn }),
    },
  }
}

/** The code has nothing more to ask before it, or has passed the place where it stood. */
const isPassed = (process: Process, seq: number): boolean => process.asked.length === 0 || wasPassed(process, { seq })

const isStillOpen = ({ state }: RecordedEffect): boolean => state === 'open' || state === 'unknown'

/** An activation that nothing can be done with. */
function unheard(act: Activation): Activation {
  const refuse = (): never => {
    throw new SkeinError('INTERNAL', 'a dry replay does nothing')
  }
  const { pid, epoch, owner, start, facts, ownerDeath, signal } = act
  return {
    pid,
    epoch,
    owner,
    start,
    facts,
    ownerDeath,
    signal,
    next: refuse,
    decide: refuse,
    perform: refuse,
    abort: refuse,
    putBack: refuse,
    frame: refuse,
    commit: refuse,
  }
}
