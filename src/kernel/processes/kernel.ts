/**
 * The kernel's loop: replay, then turns, until the process waits, parks or ends.
 *
 * A turn (rule T3): an event → its fact → deliveries, each followed by the gate for what the body then asks →
 * one frame → the starts that the frame made durable allow.
 */
import { assert, limits, toSkeinError } from '../../std/index.ts'
import type { SkeinError } from '../../std/index.ts'
import { beginAfresh } from '../forks/afresh.ts'
import { Admission } from '../gate/admission.ts'
import { decideAsks } from '../gate/decide.ts'
import type { Decisions } from '../gate/decide.ts'
import type { Ask } from '../effects/ask.ts'
import type { Outcome } from '../journal/outcome.ts'
import type { Activation } from '../ports/activation.ts'
import type { KernelDeps } from '../ports/host.ts'
import { codeAbsent, findCode, upgradeAmbiguous } from '../upgrade/adopt.ts'
import type { UpgradeAsked } from '../upgrade/adopt.ts'
import { ambiguityOf } from '../upgrade/ambiguity.ts'
import { giveUpGone } from '../upgrade/give-up.ts'
import { isMoving, move } from '../upgrade/move.ts'
import { reportOfHeld } from '../upgrade/report.ts'
import { abandon, hearUnheard, lastWord } from './abandoned.ts'
import { makeBody, startBody } from './bodies.ts'
import { beginFork, recordBorn } from './born.ts'
import { stopScope } from './cancel.ts'
import { deliverNext, foreignAwait, inMacrotask } from './deliver.ts'
import { dropUnbegun, moveToEnd } from './ending.ts'
import { enact, enactAsks } from './enact.ts'
import { handleEvent, matchMessages } from './events.ts'
import { releaseBudgetWaits } from './funding.ts'
import { Process, Turn } from './process.ts'
import { leftBeforeLeaving } from './leaving.ts'
import { recover, recoverLate } from './recovery.ts'
import { replay } from './replay.ts'
import { reopenEnded } from './reopening.ts'
import { refuseOpenContinue, segmentTooLong } from './segment.ts'

/** Runs activations; what processes share in one host (slots of drivers) lives here. */
export interface Kernel {
  /**
   * Resolves when the activation is over: committed as waiting or parked, or ended, then with the result. Rejects when its
   * engine took it away.
   */
  run(activation: Activation): Promise<Outcome | undefined>
}

/** A kernel over its ports; one per host. */
export function createKernel(deps: KernelDeps): Kernel {
  const admission = new Admission()
  return {
    async run(activation) {
      using process = new Process(activation, deps, admission)
      for (let asked: UpgradeAsked | undefined; ;) {
        try {
          if (!(await bringUp(process, await load(process, asked)))) return process.state.ended
          hearUnheard(process)
          return await turns(process)
        } catch (thrown) {
          if (activation.signal.aborted) throw thrown
          // What was to go on after its end is asked for again when it can be looked at.
          if (process.state.ended !== undefined) return await park(process, toSkeinError(thrown, 'INTERNAL'))
          const word = await lastWord(process)
          if (word?.type === 'cancel') {
            abandon(process, word.reason)
            return await turns(process)
          }
          if (word === undefined || !process.replaying) return await park(process, toSkeinError(thrown, 'INTERNAL'))
          asked = word
          process.resetBody()
          process.broken = undefined
        }
      }
    },
  }
}

/** Folds the facts, and finds the code (rules U1, U2); true when other code was adopted. Throws `CODE_ABSENT`, `UPGRADE_AMBIGUOUS`. */
async function load(process: Process, asked: UpgradeAsked | undefined): Promise<boolean> {
  const { start, facts } = process.act
  if (process.state.nextSeq === 0) for (const fact of facts) process.state.apply(fact)
  if (process.state.born === undefined && start.fork !== undefined) {
    const refused = beginFork(process, start.fork)
    if (refused !== undefined) {
      recordBorn(process)
      process.body = { synchronous: true, start: () => undefined, end: { type: 'error', error: refused.toJSON() } }
      return false
    }
  }
  const hasAdopted = process.state.born === undefined ? newCode(process) : await findCode(process, asked)
  makeBody(process)
  assert(
    process.definition?.kind === start.kind || process.definition === undefined,
    'code is of the kind that was started',
  )
  if (process.state.born === undefined) recordBorn(process)
  return hasAdopted
}

/** A process begins with the code that was meant, or with the newest of its name. */
function newCode(process: Process): false {
  const { start, facts } = process.act
  const { code } = process.deps
  assert(facts.length === 0, 'a journal begins with born')
  const newest = code.find(start.workflow)
  const meant = start.codeDigest === undefined ? undefined : code.exact(start.workflow, start.codeDigest)
  process.definition = meant ?? newest?.definition
  process.codeDigest = (meant === undefined ? newest?.codeDigest : start.codeDigest) ?? ''
  if (process.definition === undefined) throw codeAbsent(process, start.workflow, newest)
  return false
}

/** False when there is nothing more to do: it has ended, and stays so. */
async function bringUp(process: Process, hasAdopted: boolean): Promise<boolean> {
  const isNew = process.act.facts.length === 0
  const { ended } = process.state
  if (ended !== undefined && !(await reopenEnded(process))) {
    flush(process)
    await process.act.commit({ type: 'ended', result: ended, summary: process.state.summary() })
    return false
  }
  if (ended === undefined) await replay(process)
  beginAfresh(process)
  if (isNew) return true
  if (hasAdopted) giveUpGone(process)
  const recovered = recover(process)
  process.deps.trace({ type: 'resumed', pid: process.pid, ...recovered })
  return true
}

/** Until it rests or ends; the result, where it ends. */
async function turns(process: Process): Promise<Outcome | undefined> {
  const { act, deps } = process
  for (;;) {
    await rest(process)
    if (isMoving(process) && process.inFlight === 0 && (await move(process))) continue
    const ending = moveToEnd(process)
    if (ending === 'asks') continue
    if (ending === 'continued') {
      await inMacrotask(process, () => startBody(process))
      continue
    }
    const isIdle = process.inFlight === 0
    if (isIdle || ending === 'ended' || !process.isTurnPrivate) flush(process)
    else startPrivately(process)
    if (ending === 'ended') {
      const result = process.state.ended
      assert(result !== undefined, 'ended')
      await act.commit({ type: 'ended', result, summary: process.state.summary() })
      return result
    }
    const isHeld = isIdle && process.held.length > 0
    const mayRest = isIdle && !process.isHeldBack
    const event = await act.next(isHeld ? 0 : mayRest ? (deps.idleMs ?? limits.IDLE_MS_DEFAULT) : undefined)
    if (event !== undefined) handleEvent(process, event)
    else if (isHeld) throw upgradeAmbiguous(reportOfHeld(process))
    else if (mayRest && (await lieDown(process))) return undefined
    releaseBudgetWaits(process)
  }
}

/** Rests without memory: what it hears meanwhile must stand in rows. False when something has come after all. */
function lieDown(process: Process): Promise<boolean> {
  for (const ask of process.open.values()) {
    if (ask.op !== 'receive' || !ask.aside || process.state.isWaiting(ask.key)) continue
    process.record({ type: 'waiting', key: ask.key, on: { kind: 'message', pattern: ask.pattern, aside: true } })
  }
  flush(process)
  return process.act.commit({ type: 'wait', summary: process.state.summary() })
}

/** Delivers and decides until nothing more follows from the facts at hand. */
async function rest(process: Process): Promise<void> {
  for (let isGoingOn = true; isGoingOn;) {
    process.shield.advance(process)
    refuseOpenContinue(process)
    if (process.body?.end !== undefined && process.body.end.type !== 'continue') dropUnbegun(process)
    recoverLate(process)
    const passing = isMoving(process) ? undefined : passGate(process)
    if (passing !== undefined) await passing
    const stop = process.broken ?? segmentTooLong(process)
    if (stop !== undefined) throw stop
    if (process.turn.facts.length > limits.FRAME_FACTS_MAX) flush(process)
    // Of a reducer, nothing here is waited for: what needs no macrotask costs none.
    const delivered = deliverNext(process)
    isGoingOn =
      (typeof delivered === 'boolean' ? delivered : await delivered) ||
      process.late.length > 0 ||
      (process.asked.length > 0 && !isMoving(process))
  }
  process.body?.rested?.()
  const foreign = foreignAwait(process)
  if (foreign !== undefined) throw foreign
}

/** Decides what has been asked, until nothing new is; a promise where the engine takes its time to decide. */
function passGate(process: Process): Promise<void> | undefined {
  while (process.asked.length > 0 || process.held.length > 0) {
    const wanted = letThrough(process)
    // What is let go of is not decided in the same breath.
    const isDropping = wanted.some((ask) => ask.op === 'drop')
    process.asked = isDropping ? wanted.filter((ask) => ask.op !== 'drop') : []
    const asks = leftBeforeLeaving(process, isDropping ? wanted.filter((ask) => ask.op === 'drop') : wanted)
    if (asks.length === 0) return undefined
    let decisions: Decisions | undefined
    const decided = process.act.decide(() => {
      decisions = decideAsks(process, asks)
      return decisions.facts
    })
    if (decided instanceof Promise)
      return decided.then((facts) => {
        carryOut(process, asks, { facts, queued: decisions?.queued ?? [], held: decisions?.held ?? [] })
        return passGate(process)
      })
    carryOut(process, asks, { facts: decided, queued: decisions?.queued ?? [], held: decisions?.held ?? [] })
  }
  return undefined
}

/** What was decided becomes facts, and the facts act. */
function carryOut(process: Process, asks: readonly Ask[], { facts, queued, held }: Decisions): void {
  for (const body of facts) {
    const fact = process.record(body)
    enact(process, fact)
    if (fact.type === 'closed') stopScope(process, fact.scope)
  }
  if (held.length > 0) process.switchedOff.push(...held)
  enactAsks(process, held.length === 0 ? asks : asks.filter((ask) => !held.includes(ask)), queued)
  if (asks.some((ask) => ask.op === 'receive')) matchMessages(process)
}

/** The asks that may come before the gate now; held ones are looked at again, as others may have cleared them up. */
function letThrough(process: Process): readonly Ask[] {
  const waiting = process.held.length === 0 ? process.asked : [...process.held.map(({ ask }) => ask), ...process.asked]
  const asks = waiting.filter((ask) => process.open.has(ask.key) && ask.scope.isOpen)
  process.held = []
  process.asked = []
  if (process.state.adoptions.length === 0) return asks
  return asks.filter((ask) => {
    const ambiguity = ambiguityOf(process, ask)
    if (ambiguity !== undefined) process.held.push(ambiguity)
    return ambiguity === undefined
  })
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
async function park(process: Process, error: SkeinError): Promise<undefined> {
  const held = process.turn
  process.turn = new Turn()
  process.act.putBack(process.unheard)
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
