/** What an operator does to processes: each act is one control or message, durable when it resolves. */
import { randomUUID } from 'node:crypto'
import type { Engine } from '../../engine/index.ts'
import { addressOf, capOf, payloadOf } from '../../kernel/index.ts'
import type { Address, Budget, Control, Payload, Settlement, WaitOn } from '../../kernel/index.ts'
import { asMessageId, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import type { Entry } from '../views/entry.ts'
import { findEffect, findProcess } from './find.ts'
import type { Reader } from './find.ts'

/** What acting needs of an engine, and what shows who was faster. */
export type Operable = Pick<
  Engine,
  'inspect' | 'list' | 'history' | 'control' | 'deliver' | 'settle' | 'switch' | 'switches'
> &
  Pick<Reader, 'pending'>

/** What was acted on, by its full name; `args` is what an approval stands for. */
export type Acted = { readonly pid: Pid; readonly name: string; readonly args?: Payload }

type ControlBody = Control extends infer C ? (C extends Control ? Omit<C, 'id'> : never) : never

/** Says yes or no to an effect that waits for approval. Throws `NOT_WAITING`. */
export async function decideApproval(
  engine: Operable,
  effect: string,
  verdict: 'approved' | 'denied',
  about: { readonly by: string; readonly reason?: string | undefined },
): Promise<Acted> {
  const { pid, entry } = await findWaiting(engine, effect, ['approval'])
  const reason = about.reason === undefined ? {} : { reason: about.reason }
  await control(engine, pid, { type: 'approve', key: entry.key, verdict, by: about.by, ...reason })
  return { pid, name: entry.name, ...(entry.args === undefined ? {} : { args: entry.args }) }
}

/** Answers a question, or fulfils a promise. Throws `NOT_WAITING`. */
export async function answerQuestion(engine: Operable, effect: string, value: unknown, by: string): Promise<Acted> {
  const { pid, entry } = await findWaiting(engine, effect, ['answer', 'promise'])
  await control(engine, pid, { type: 'answer', key: entry.key, value: payloadOf(value, 'ARGS_NOT_DATA'), by })
  return { pid, name: entry.name }
}

/**
 * What became of an effect in doubt, as a person knows it. `attempt`: of which one; whoever looked while somebody else had
 * it done again knows nothing of that one. Default: the newest.
 */
export type Resolution = ({ readonly done: unknown } | { readonly again: true } | { readonly fail: string }) & {
  readonly attempt?: number
}

/** Settles an effect with an unknown outcome. Throws `NOT_WAITING`. */
export async function resolveEffect(
  engine: Operable,
  effect: string,
  resolution: Resolution,
  by: string,
): Promise<Acted> {
  const { pid, entry } = await findWaiting(engine, effect, ['operator'])
  const { key, attempts } = entry
  const { attempt = attempts } = resolution
  if (attempt !== attempts)
    throw new SkeinError(
      'NOT_WAITING',
      `${pid}/${entry.name}: attempt ${attempt} is no longer in doubt, attempt ${attempts} is; look at the far side again`,
    )
  const base = { type: 'resolve', key, by, ...(attempts === 0 ? {} : { attempt: attempts }) } as const
  if ('done' in resolution) {
    const value = payloadOf(resolution.done, 'ARGS_NOT_DATA')
    await control(engine, pid, { ...base, how: 'done', value })
  } else if ('again' in resolution) await control(engine, pid, { ...base, how: 'again' })
  else await control(engine, pid, { ...base, how: 'fail', reason: resolution.fail })
  return { pid, name: entry.name }
}

/** How a pending effect came out. */
export type PendingOutcome = { readonly done: unknown } | { readonly fail: string }

/** What became of a settlement: `held` until an effect waits under its token; `duplicate` when it was settled before. */
export type Settled = { readonly result: 'queued' | 'duplicate' | 'held'; readonly name: string }

/**
 * Settles a pending effect, by its token or by its name `<pid>/<name>`; `{ token }` is never a name. Idempotent by token:
 * a settlement that comes before its effect waits is kept for it. Throws `NOT_WAITING`, `MAILBOX_FULL`.
 */
export async function settleEffect(
  engine: Operable,
  target: string | { readonly token: string },
  outcome: PendingOutcome,
  by: string,
): Promise<Settled> {
  const settlement: Settlement =
    'done' in outcome
      ? { how: 'done', value: payloadOf(outcome.done, 'ARGS_NOT_DATA'), by }
      : { how: 'fail', reason: outcome.fail, by }
  const token = typeof target === 'string' ? target : target.token
  const isName = typeof target === 'string' && target.includes('/')
  const result = await engine.settle(token, settlement, !isName)
  if (result === 'full')
    throw new SkeinError(
      'MAILBOX_FULL',
      `too many settlements wait for tokens that no effect waits for; settle ${token} later`,
    )
  if (result !== 'unknown') return { result, name: token }
  const { pid, entry } = await findWaiting(engine, token, ['pending'])
  const on = entry.wait?.on
  if (on?.kind !== 'pending') throw new SkeinError('NOT_WAITING', `${token} is not pending`)
  const named = await engine.settle(on.token, settlement)
  return { result: named === 'duplicate' ? 'duplicate' : 'queued', name: `${pid}/${entry.name}` }
}

/** Raises a process's budget. */
export async function topUpProcess(engine: Operable, pid: string, budget: Budget, by: string): Promise<Pid> {
  const found = await findProcess(engine, pid)
  await control(engine, found, { type: 'topUp', amounts: capOf(budget), by })
  return found
}

/** Cancels a process and all below it. `ended` when it was over already. */
export async function cancelProcess(
  engine: Operable,
  pid: string,
  about: { readonly by: string; readonly reason?: string | undefined },
): Promise<{ readonly pid: Pid; readonly was: 'running' | 'ended' }> {
  const found = await findProcess(engine, pid)
  const reason = about.reason ?? `cancelled by ${about.by}`
  const result = await engine.control(found, { id: randomUUID(), type: 'cancel', reason, by: about.by })
  return { pid: found, was: result === 'ended' ? 'ended' : 'running' }
}

/** A message from outside. `id` makes repeats harmless. */
export type Letter = Address & {
  readonly body: unknown
  readonly id?: string | undefined
}

/** Puts a message into a process's mailbox. Throws `PROCESS_UNKNOWN`, `PROCESS_ENDED`, `MAILBOX_FULL`. */
export async function sendMessage(
  engine: Operable,
  to: string,
  letter: Letter,
): Promise<{ readonly pid: Pid; readonly result: 'queued' | 'duplicate' }> {
  const pid = await findProcess(engine, to)
  const result = await engine.deliver({
    id: asMessageId(letter.id ?? randomUUID()),
    to: pid,
    ...addressOf(letter),
    body: payloadOf(letter.body, 'ARGS_NOT_DATA'),
  })
  switch (result) {
    case 'queued':
    case 'duplicate':
      return { pid, result }
    case 'ended':
      throw new SkeinError('PROCESS_ENDED', `${pid} has ended; nobody will read the message`)
    case 'unknown':
      throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps`)
    case 'full':
      throw new SkeinError('MAILBOX_FULL', `the mailbox of ${pid} is full; let it catch up and send again`)
  }
}

async function control(engine: Operable, pid: Pid, body: ControlBody): Promise<void> {
  const result = await engine.control(pid, { ...body, id: randomUUID() })
  if (result === 'ended') throw new SkeinError('PROCESS_ENDED', `${pid} has ended; there is nothing left to decide`)
}

async function findWaiting(
  engine: Operable,
  effect: string,
  kinds: readonly WaitOn['kind'][],
): Promise<{ readonly pid: Pid; readonly entry: Entry }> {
  const { pid, entry, story } = await findEffect(engine, effect)
  const unheard = await engine.pending?.(pid)
  // What was said of an earlier attempt says nothing of this one, heard or not.
  const given = unheard?.find(
    (control) =>
      'key' in control &&
      control.key === entry.key &&
      !(control.type === 'resolve' && (control.attempt ?? entry.attempts) < entry.attempts),
  )
  if (given !== undefined) {
    const by = 'by' in given ? given.by : 'somebody'
    throw new SkeinError('NOT_WAITING', `${pid}/${entry.name} does not wait for this: ${by} has answered it already`)
  }
  if (entry.wait !== undefined && kinds.includes(entry.wait.on.kind)) return { pid, entry }
  const waiting = story
    .waiting()
    .filter((other) => other.wait !== undefined && kinds.includes(other.wait.on.kind))
    .map((other) => `${pid}/${other.name}`)
  const instead = waiting.length === 0 ? '' : `; what waits is ${waiting.join(', ')}`
  throw new SkeinError('NOT_WAITING', `${pid}/${entry.name} does not wait for this: ${whatIs(entry)}${instead}`)
}

function whatIs(entry: Entry): string {
  if (entry.wait !== undefined) return `it waits for ${entry.wait.on.kind}`
  if (entry.outcome?.type === 'error') return 'it has failed or was denied'
  if (entry.outcome !== undefined)
    return entry.approvedBy === undefined ? 'it is done' : `it was answered by ${entry.approvedBy}, and is done`
  if (entry.approvedBy !== undefined) return `${entry.approvedBy} has answered it already`
  return `it is ${entry.phase}`
}
