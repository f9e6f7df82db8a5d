/** What a newly recorded fact makes happen: the one place where facts turn into effects on the world (live only). */
import { asMessageId, assert, errorData, toSkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { capOf, DIMENSIONS } from '../accounts/amounts.ts'
import type { Amounts, Budget, Dimension } from '../accounts/amounts.ts'
import { codeDigest } from '../definitions/registry.ts'
import type { Ask, AskOf, EffectAsk } from '../effects/ask.ts'
import type { Abort } from '../effects/abort.ts'
import { lanesOf, runAttempt } from '../effects/attempt.ts'
import type { Fact, FactOf } from '../journal/facts.ts'
import { standIn } from '../forks/afresh.ts'
import { writesOf } from '../journal/fork.ts'
import { asksFirst } from '../gate/stages/quarantine.ts'
import { failure, NOTHING, payloadOf } from '../journal/outcome.ts'
import { endKey, originalKey, suffixed } from '../keys/key.ts'
import { letGo } from './drop.ts'
import { requestFunds } from './funding.ts'
import { isRepeatable } from './leaving.ts'
import type { Process } from './process.ts'

/** Lets a fact act: rows of the frame, and starts after it. */
export function enact(process: Process, fact: Fact): void {
  switch (fact.type) {
    case 'intended': {
      const ask = process.known.get(fact.key)
      if (fact.class === 'local' && ask?.op === 'effect') startAttempt(process, ask, fact.attempt, 'execute')
      return
    }
    case 'begun': {
      const ask = process.known.get(fact.key)
      assert(ask?.op === 'effect', 'what has begun was asked')
      startAttempt(process, ask, fact.attempt, asksFirst(process, ask, fact.attempt) ? 'reconcile' : 'execute')
      return
    }
    case 'waiting':
      if (fact.on.kind === 'budget') requestFunds(process, fact.key, fact.on.need)
      if (fact.on.kind === 'message') process.mailbox.wait(fact.key, fact.on.pattern)
      return
    case 'answered':
    case 'resolved':
      process.turn.unwait(fact.type === 'resolved' ? suffixed(fact.key, 'resolve') : fact.key)
      return
    case 'dropped':
      letGo(process, fact.keys)
      return
    case 'sent':
      enactSent(process, fact)
      return
    case 'account':
      if (fact.op === 'carve') enactCarve(process, fact)
      return
    default:
      return
  }
}

function enactSent(process: Process, fact: FactOf<'sent'>): void {
  const ask = process.known.get(fact.key)
  switch (fact.what) {
    case 'message':
      assert(ask?.op === 'send', 'a message was asked for')
      sendMessage(process, ask)
      return
    case 'start':
      return
    case 'cancel':
      process.turn.sent.push({
        type: 'control',
        to: fact.to,
        control: { id: fact.id, type: 'cancel', reason: `cancelled by ${process.pid}`, by: process.pid },
      })
      return
    default:
      unreachable(fact.what, 'kind of message')
  }
}

/** Puts a message into the frame; the engine's answer comes as an event. Its id keeps it from arriving twice. */
export function sendMessage(process: Process, ask: AskOf<'send'>): void {
  const { key, topic, type, body, failed } = ask
  const to = standIn(process, ask.to)
  const id = asMessageId(process.effectId(originalKey(key)))
  const replyTo = ask.expectsReply ? { replyTo: { pid: process.pid, id } } : {}
  process.turn.sent.push({
    type: 'message',
    key,
    message: {
      id,
      to,
      from: process.pid,
      ...(topic === undefined ? {} : { topic }),
      ...(type === undefined ? {} : { type }),
      ...replyTo,
      ...(failed === undefined ? {} : { failed }),
      body,
    },
  })
  process.inFlight += 1
}

/** The start of a child goes out with the carve that pays for it. */
function enactCarve(process: Process, fact: FactOf<'account'>): void {
  const ask = fact.key === undefined ? undefined : process.known.get(fact.key)
  if (ask?.op !== 'start') return
  const born = process.state.born
  assert(born !== undefined, 'a process is born before it has children')
  const parent = { pid: process.pid, key: endKey(ask.key) }
  const file = process.act.start.file
  const writes = writesOf(born)
  process.turn.sent.push({
    type: 'start',
    key: ask.key,
    request: {
      pid: ask.child,
      // Of a fork the engine puts in what its origin is.
      kind: ask.definition?.kind ?? 'workflow',
      workflow: ask.name,
      ...(ask.definition === undefined ? {} : { codeDigest: codeDigest(ask.definition, process.deps.hash) }),
      input: ask.input,
      root: born.root,
      depth: born.depth + 1,
      cap: fact.amounts,
      strict: ask.budget?.strict ?? process.state.account.strict,
      parent,
      ...(ask.detached ? {} : { elastic: elasticOf(ask.budget, fact.amounts) }),
      ...(born.tenant === undefined ? {} : { tenant: born.tenant }),
      ...(file === undefined ? {} : { file }),
      ...(ask.fork === undefined ? {} : { fork: ask.fork }),
      ...(writes === 'live' ? {} : { writes }),
    },
  })
}

/** The dimensions of a cap that no budget of its own set. */
function elasticOf(budget: Budget | undefined, cap: Amounts): Dimension[] {
  const own = budget === undefined ? {} : capOf(budget)
  return DIMENSIONS.filter((dimension) => cap[dimension] !== undefined && own[dimension] === undefined)
}

/** Hands an attempt to the engine, to start after the frame. */
export function startAttempt(process: Process, ask: EffectAsk, attempt: number, act: 'execute' | 'reconcile'): void {
  const record = process.state.record(ask.key)
  const { reserve, timeoutMs, args, argsAreRaw } = record
  const options = {
    pid: process.pid,
    id: process.effectId(ask.key),
    attempt,
    reserve,
    timeoutMs,
    args,
    argsAreRaw,
    act,
  }
  const repeatable = act === 'reconcile' || isRepeatable(ask)
  process.inFlight += 1
  process.turn.starts.push(() => {
    process.act.perform({ key: ask.key, attempt, class: ask.class, begun: record.owner, repeatable }, (about) =>
      runAttempt(ask, { ...options, slot: process.takeSlot(ask.key) }, process.deps, about),
    )
    // Let go of in the turn that decided it: a read need not run.
    if (ask.class !== 'write' && process.state.letGo.has(ask.key)) process.act.abort(ask.key)
  })
}

/** A hook or an admission: something local whose end is an event. */
export function startLocal(process: Process, key: EffectKey, run: (abort: Abort) => Promise<unknown>): void {
  process.inFlight += 1
  process.turn.starts.push(() => {
    process.act.perform({ key, attempt: 1, class: 'local', begun: undefined }, async (abort) => {
      try {
        const value = await run(abort)
        return { outcome: { type: 'ok', value: value === undefined ? NOTHING : payloadOf(value) } }
      } catch (thrown) {
        return { outcome: failure(errorData(toSkeinError(thrown))) }
      }
    })
  })
}

/** Starts hooks, and the wait of asks that found no slot. */
export function enactAsks(process: Process, asks: readonly Ask[], queued: readonly Ask[]): void {
  for (const ask of asks) {
    if (ask.op === 'hook') startLocal(process, ask.key, async () => ask.fn())
    if (ask.op === 'receive' && ask.aside) process.mailbox.wait(ask.key, ask.pattern)
  }
  for (const ask of queued) if (ask.op === 'effect') waitForSlot(process, ask)
}

/** Waiting in line is a local act whose end is an event, so that other events are heard meanwhile. */
function waitForSlot(process: Process, ask: EffectAsk): void {
  startLocal(process, suffixed(ask.key, 'admission'), async ({ signal }) => {
    const slot = await process.admission.enter(
      lanesOf(ask, process.deps),
      AbortSignal.any([signal, process.act.signal]),
    )
    process.holdSlot(ask.key, slot)
  })
}
