/** Where one segment ends and the next begins: `continueAsNew`, an agent's snapshot, and what is too long (rules A4, D7). */
import { limits, SkeinError } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { parse } from '../definitions/schema.ts'
import { isBackground } from '../effects/ask.ts'
import { payloadOf } from '../journal/outcome.ts'
import { isShielded } from '../scopes/scope.ts'
import { makeBody } from './bodies.ts'
import { CANCEL_KEY, stopAsk } from './cancel.ts'
import type { Process } from './process.ts'

/** `continueAsNew` beside open calls or children is a mistake of the author, found before the gate lets more of them begin. */
export function refuseOpenContinue(process: Process): void {
  const { body, definition } = process
  if (body?.end?.type !== 'continue' || definition?.kind === 'agent') return
  const open = [...process.open.values()].find(
    (ask) =>
      ask.key !== CANCEL_KEY &&
      !isShielded(ask.key) &&
      !isBackground(ask) &&
      !(ask.op === 'close' && ask.concluded.isConcluded),
  )
  const child = process.state.openChildren().find(({ cancelSent }) => !cancelSent)
  const what = open?.key ?? child?.pid
  if (what === undefined) return
  const error = new SkeinError(
    'CONTINUE_AS_NEW_INVALID',
    `${definition?.name} returned continueAsNew while something is open (${what}); await it first`,
  )
  body.end = { type: 'error', error: error.toJSON() }
}

/** Writes the snapshot and makes the body that goes on from it, of the newest code (rule U2). */
export function startSegment(process: Process, given: unknown): void {
  const from = process.definition
  const isOther = takeNewest(process)
  for (const ask of process.open.values()) if (ask.op === 'receive') stopAsk(process, ask)
  const letGo = process.shield.registered()
  process.record({
    type: 'snapshot',
    state: payloadOf(stateFor(process.definition, given, isOther ? from : undefined), 'ARGS_NOT_DATA'),
    version: process.definition?.version ?? '',
    segment: process.state.segment + 1,
    carried: payloadOf(process.state.carried()),
    ...(isOther ? { codeDigest: process.codeDigest } : {}),
    ...(letGo.length === 0 ? {} : { letGo }),
  })
  process.resetBody()
  makeBody(process)
}

/** A workflow is given its next input; an agent reads what any version of it has left, and migrates it itself. */
function stateFor(to: AnyDefinition | undefined, state: unknown, from: AnyDefinition | undefined): unknown {
  if (to?.kind !== 'workflow') return state
  const given = from === undefined ? state : (to.migrate?.state?.(state, { version: from.version }) ?? state)
  return to.input === undefined ? given : parse(to.input, given, `the state given to continueAsNew of ${to.name}`)
}

/** The next segment runs the newest code that its host has registered (rule U2). */
function takeNewest(process: Process): boolean {
  const newest = process.deps.code.find(process.act.start.workflow)
  if (newest?.isRegistered !== true || newest.codeDigest === process.codeDigest) return false
  if (newest.definition.kind !== process.definition?.kind) return false
  process.definition = newest.definition
  process.codeDigest = newest.codeDigest
  return true
}

/** Too long a segment stops here, before it cannot be replayed in good time (rule D7). Agents end theirs themselves. */
export function segmentTooLong(process: Process): SkeinError | undefined {
  const { definition } = process
  if (definition?.kind === 'agent') return undefined
  const facts = process.state.factsInSegment
  if (facts > limits.SEGMENT_FACTS_WARN && !process.warnedLength) {
    process.warnedLength = true
    process.deps.trace({
      type: 'log',
      pid: process.pid,
      text: `${definition?.name} has ${facts} facts in this segment; return ctx.continueAsNew(state) now and then`,
    })
  }
  if (facts <= limits.SEGMENT_FACTS_MAX) return undefined
  return new SkeinError(
    'SEGMENT_TOO_LONG',
    `${definition?.name} has more than ${limits.SEGMENT_FACTS_MAX} facts without a snapshot; return ` +
      'ctx.continueAsNew(state) in its loop',
  )
}
