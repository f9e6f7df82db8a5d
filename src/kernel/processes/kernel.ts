/**
 * The kernel's loop: replay, then turns, until the process waits, parks or ends.
 *
 * A turn (rule T3): an event → its fact → deliveries, each followed by the gate for what the body then asks →
 * one frame → the starts that the frame made durable allow.
 */
import { assert, limits, SkeinError, toSkeinError } from '../../std/index.ts'
import type { CodeRegistry } from '../definitions/definition.ts'
import { Admission } from '../gate/admission.ts'
import { decideAsks } from '../gate/decide.ts'
import type { Ask } from '../effects/ask.ts'
import type { Activation } from '../ports/activation.ts'
import type { KernelDeps } from '../ports/host.ts'
import { abandon } from './abandoned.ts'
import { makeBody, startBody } from './bodies.ts'
import { recordBorn } from './born.ts'
import { stopScope } from './cancel.ts'
import { deliverNext, foreignAwait, inMacrotask } from './deliver.ts'
import { dropUnbegun, moveToEnd, refuseOpenContinue, segmentTooLong } from './ending.ts'
import { enact, enactAsks } from './enact.ts'
import { handleEvent, matchMessages } from './events.ts'
import { releaseBudgetWaits } from './funding.ts'
import { Process, Turn } from './process.ts'
import { recover } from './recovery.ts'
import { replay } from './replay.ts'

/** Runs activations; what processes share in one host (slots of drivers) lives here. */
export interface Kernel {
  /** Resolves when the activation is over: committed as waiting, parked or ended. Rejects when its engine took it away. */
  run(activation: Activation): Promise<void>
}

/** A kernel over its ports; one per host. */
export function createKernel(deps: KernelDeps): Kernel {
  const admission = new Admission()
  return {
    async run(activation) {
      using process = new Process(activation, deps, admission)
      try {
        load(process)
        await bringUp(process)
        await turns(process)
      } catch (thrown) {
        if (activation.signal.aborted) throw thrown
        if (await abandon(process)) await turns(process)
        else await park(process, toSkeinError(thrown, 'INTERNAL'))
      }
    },
  }
}

/** Folds the facts, and finds the code the process was born with (rule U1). Throws `CODE_ABSENT`. */
function load(process: Process): void {
  for (const fact of process.act.facts) process.state.apply(fact)
  const { start, facts } = process.act
  const { code } = process.deps
  const newest = code.find(start.workflow)
  const born = process.state.born
  if (born === undefined) {
    assert(facts.length === 0, 'a journal begins with born')
    const meant = start.codeDigest === undefined ? undefined : code.exact(start.workflow, start.codeDigest)
    process.definition = meant ?? newest?.definition
    process.codeDigest = (meant === undefined ? newest?.codeDigest : start.codeDigest) ?? ''
  } else {
    // Definitions of one name may live side by side: only what the host itself registered takes over from code that is there.
    const adopted = newest?.definition.onUpgrade === 'adopt' ? newest : undefined
    const exact = adopted?.isRegistered === true ? undefined : code.exact(born.workflow, born.codeDigest)
    process.definition = exact ?? adopted?.definition ?? code.exact(born.workflow, born.codeDigest)
    process.codeDigest = born.codeDigest
  }
  if (process.definition === undefined) throw codeAbsent(process, start.workflow, code)
  makeBody(process)
}

function codeAbsent(process: Process, name: string, code: CodeRegistry): SkeinError {
  const other = code.find(name)
  const why =
    other === undefined
      ? `this host has no definition named ${name}`
      : `this host has other code of ${name} than the run was born with`
  const mend =
    other === undefined ? 'start the host with its file' : 'put the old code back, or cancel the run and start it anew'
  return new SkeinError('CODE_ABSENT', `${process.pid} cannot go on: ${why}; ${mend}`)
}

async function bringUp(process: Process): Promise<void> {
  const isNew = process.act.facts.length === 0
  if (isNew) recordBorn(process)
  if (process.state.ended !== undefined) return
  await replay(process)
  if (isNew) return
  const recovered = recover(process)
  process.deps.trace({ type: 'resumed', pid: process.pid, ...recovered })
}

async function turns(process: Process): Promise<void> {
  const { act, deps } = process
  for (;;) {
    await rest(process)
    const ending = moveToEnd(process)
    if (ending === 'continued') {
      await inMacrotask(process, () => startBody(process))
      continue
    }
    const isIdle = process.inFlight === 0
    if (isIdle || ending === 'ended' || !process.isTurnPrivate) flush(process)
    else startPrivately(process)
    if (ending === 'ended') {
      assert(process.state.ended !== undefined, 'ended')
      await act.commit({ type: 'ended', result: process.state.ended, summary: process.state.summary() })
      return
    }
    const event = await act.next(isIdle ? (deps.idleMs ?? limits.IDLE_MS_DEFAULT) : undefined)
    if (event !== undefined) handleEvent(process, event)
    else if (isIdle && (await lieDown(process))) return
    releaseBudgetWaits(process)
  }
}

/** Rests without memory: what it hears meanwhile must stand in rows. False when something has come after all. */
function lieDown(process: Process): Promise<boolean> {
  for (const ask of process.open.values()) {
    if (ask.op !== 'receive' || !ask.standing || process.state.isWaiting(ask.key)) continue
    const aside = ask.aside ? { aside: true as const } : {}
    process.record({ type: 'waiting', key: ask.key, on: { kind: 'message', pattern: ask.pattern, ...aside } })
  }
  flush(process)
  return process.act.commit({ type: 'wait', summary: process.state.summary() })
}

/** Delivers and decides until nothing more follows from the facts at hand. */
async function rest(process: Process): Promise<void> {
  do {
    refuseOpenContinue(process)
    if (process.body?.end !== undefined && process.body.end.type !== 'continue') dropUnbegun(process)
    await passGate(process)
    const stop = process.broken ?? segmentTooLong(process)
    if (stop !== undefined) throw stop
    if (process.turn.facts.length > limits.FRAME_FACTS_MAX) flush(process)
  } while ((await deliverNext(process)) || process.asked.length > 0)
  process.body?.rested?.()
  const foreign = foreignAwait(process)
  if (foreign !== undefined) throw foreign
}

async function passGate(process: Process): Promise<void> {
  while (process.asked.length > 0) {
    const wanted = process.asked.filter((ask) => process.open.has(ask.key) && ask.scope.isOpen)
    // What is let go of is not decided in the same breath.
    const drops = wanted.filter((ask) => ask.op === 'drop')
    const asks = drops.length > 0 ? drops : wanted
    process.asked = drops.length > 0 ? wanted.filter((ask) => ask.op !== 'drop') : []
    if (asks.length === 0) return
    let queued: readonly Ask[] = []
    const decided = await process.act.decide(() => {
      const decisions = decideAsks(process, asks)
      queued = decisions.queued
      return decisions.facts
    })
    for (const body of decided) {
      const fact = process.record(body)
      enact(process, fact)
      if (fact.type === 'closed') stopScope(process, fact.scope)
    }
    enactAsks(process, asks, queued)
    if (asks.some((ask) => ask.op === 'receive')) matchMessages(process)
  }
}

/** One frame for the turn, then the starts that it allows. */
function flush(process: Process): void {
  const { turn } = process
  const { facts, consumed, dead, sent, waits, unwaits, starts } = turn
  process.turn = new Turn()
  if (facts.length > 0 || consumed.length > 0 || sent.length > 0 || unwaits.length > 0) {
    process.act.frame(facts, { consumed, dead, sent, waits, unwaits })
    process.deps.trace({ type: 'frame', pid: process.pid, facts })
  }
  for (const start of starts) start()
}

/** Local acts begin without a commit; their facts ride in the next frame, and are drawn again if a crash comes first (rule E1). */
function startPrivately(process: Process): void {
  for (const start of process.turn.starts.splice(0)) start()
}

/** Stops here, visibly. What the turn has recorded is kept; what it would have started is not. */
async function park(process: Process, error: SkeinError): Promise<void> {
  const held = process.turn
  process.turn = new Turn()
  if (!process.replaying && held.facts.length > 0)
    process.act.frame(held.facts, {
      consumed: held.consumed,
      dead: held.dead,
      sent: held.sent,
      waits: held.waits,
      unwaits: held.unwaits,
    })
  await process.act.commit({ type: 'parked', error: error.toJSON(), summary: process.state.summary() })
}
