/**
 * What comes for a process, seen from its mailbox: starts, messages and controls.
 *
 * Invariants:
 * 1. Equal ids are stored once (rule M2). Nothing undeliverable vanishes: it becomes a dead letter.
 * 2. A process that rests wakes only for a control, a start, or a message that one of its waits matches (rule T6).
 */
import { failure, matches } from '../../kernel/index.ts'
import type { Control, DeliverResult, Message, Outcome, StartRequest } from '../../kernel/index.ts'
import { asEpoch, limits, SkeinError } from '../../std/index.ts'
import { FORGET_EVERY_MS } from '../limits.ts'
import { isOver } from '../process-view.ts'
import { SIGNAL_BYTES_MAX } from './limits.ts'
import type { DeadLetter, Mailbox } from './mailbox.ts'
import type { At, MailboxRow, MailboxView, MailSignal, Started, Tombstone } from './wire.ts'

const ENDED = 'the process has ended'

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Idempotent by pid. */
export async function start(
  mailbox: Mailbox,
  { request, at }: At & { readonly request: StartRequest },
): Promise<Started> {
  const [kept, mark] = [mailbox.row(), mailbox.tombstone()]
  if ((await kept) !== null) return { result: 'duplicate' }
  const tombstone = await mark
  // It is on its way here. A parent does not ask again; who is of its child's name is its child.
  if (tombstone?.claim !== undefined) return { result: request.parent === undefined ? 'arriving' : 'duplicate' }
  if (tombstone !== null) return refuse(mailbox, request, { result: 'ended', at })
  const known = request.fork === undefined ? request : await asOrigin(mailbox, request, request.fork.from)
  if (SkeinError.isInstance(known))
    return refuse(mailbox, request, { result: 'unknown', at, outcome: failure(known.toJSON()) })
  const { pid, kind, workflow, parent, root, depth, file } = known
  const row: MailboxRow = {
    pid,
    kind,
    workflow,
    ...(parent === undefined ? {} : { parent: parent.pid }),
    root,
    depth,
    ...(file === undefined ? {} : { file }),
    status: 'ready',
    createdAt: at,
    updatedAt: at,
    epoch: asEpoch(0),
    activations: 0,
    lastSeq: 0,
    lastControlSeq: 0,
    count: 0,
    bytes: 0,
    deadCount: 0,
    told: 0,
    consumed: 0,
    forgotAt: at,
  }
  mailbox.ctx.set('request', known)
  await mailbox.begin(row, at, bytesOf(known) > SIGNAL_BYTES_MAX ? {} : { request: known })
  return { result: 'queued' }
}

/** A fork is what its origin is; inside a run, processes fork none but their own (rule FK1). */
async function asOrigin(mailbox: Mailbox, request: StartRequest, from: string): Promise<StartRequest | SkeinError> {
  const view = await mailbox.ask<MailboxView | null>('mailbox', from, { method: 'view' })
  if (view === null) return new SkeinError('PROCESS_UNKNOWN', `there is no process ${from} to fork; see: skein ps`)
  const { kind, workflow, file, root, erased } = view.row
  if (request.parent !== undefined && root !== request.root) {
    const why = `it belongs to the run ${root}, and a workflow forks processes of its own run (${request.root}) only`
    return new SkeinError('FORK_REFUSED', `${from} cannot be forked here: ${why}; from outside: skein fork ${from}`)
  }
  if (erased !== undefined)
    return new SkeinError('RUN_ERASED', `${from} was erased: what a fork would go on from is gone`)
  return { ...request, kind, workflow, ...(file === undefined ? {} : { file }) }
}

/** Not started: whoever paid for it gets everything back (rules C2, C5). */
function refuse(
  mailbox: Mailbox,
  request: StartRequest,
  about: At & { readonly result: 'ended' | 'unknown'; readonly outcome?: Outcome },
): Started {
  const { parent: payer, pid, cap } = request
  if (payer === undefined) return { result: about.result }
  const control: Control = {
    // The kernel's own id for the end of a child: heard once, whoever says it.
    id: `${pid}!ended`,
    type: 'childEnded',
    child: pid,
    key: payer.key,
    outcome: about.outcome ?? { type: 'cancelled' },
    cap,
    spent: {},
    forfeited: {},
  }
  mailbox.tell(payer.pid, 'control', { control, at: about.at })
  return { result: about.result }
}

/** A message for the process. */
export async function put(
  mailbox: Mailbox,
  { message, at }: At & { readonly message: Message },
): Promise<DeliverResult> {
  const id = `m:${message.id}`
  const [kept, seen] = [mailbox.row(), mailbox.seen(id)]
  const row = await kept
  if (row === null) return 'unknown'
  const event = { type: 'message', message } as const
  if ((await seen) !== null) return 'duplicate'
  mailbox.see(id, at)
  if (isOver(row.status)) {
    mailbox.unsee(id)
    mailbox.bury(row, { at, why: ENDED, event })
    mailbox.write(row)
    return 'ended'
  }
  const bytes = bytesOf(message)
  if (row.count >= limits.MAILBOX_MESSAGES_MAX || row.bytes + bytes > limits.MAILBOX_BYTES_MAX) {
    mailbox.unsee(id)
    return 'full'
  }
  row.count += 1
  row.bytes += bytes
  mailbox.store(row, event, bytes)
  await tidy(mailbox, row, at)
  if (row.status === 'waiting' && (await isWanted(mailbox, message))) mailbox.wake(row, at)
  else mailbox.write(row)
  return 'queued'
}

async function isWanted(mailbox: Mailbox, message: Message): Promise<boolean> {
  return (await mailbox.waits()).some(({ on }) => on.kind === 'message' && matches(on.pattern, message))
}

async function tidy(mailbox: Mailbox, row: MailboxRow, at: number): Promise<void> {
  if (at - row.forgotAt < FORGET_EVERY_MS) return
  row.forgotAt = at
  await mailbox.forget(at - limits.FOREIGN_ID_TTL_MS)
}

/** What failed can go on; what was cancelled only if its parent, which had cancelled it, goes on itself. */
function mayReopen({ status, erased, left }: MailboxRow, control: Extract<Control, { type: 'reopen' }>): boolean {
  const isGone = erased !== undefined || left !== undefined
  return !isGone && (status === 'failed' || (status === 'cancelled' && control.fromParent === true))
}

/** A control for the process; a cancel that comes before its start is remembered (rule C5). */
export async function control(
  mailbox: Mailbox,
  { control, at }: At & { readonly control: Control },
): Promise<DeliverResult> {
  const id = `c:${control.id}`
  const [kept, seen] = [mailbox.row(), mailbox.seen(id)]
  const row = await kept
  if (row === null) {
    if (control.type !== 'cancel') return 'unknown'
    const tombstone = await mailbox.tombstone()
    if (tombstone !== null && (tombstone.claim === undefined || tombstone.control !== undefined)) return 'duplicate'
    mailbox.ctx.set<Tombstone>('tombstone', { ...tombstone, at, control })
    return 'queued'
  }
  if (control.type === 'reopen' && mayReopen(row, control)) return reopen(mailbox, row, { control, at })
  if (isOver(row.status)) {
    // What an account gets back must not vanish, even when nobody is left to take it.
    if (control.type === 'childEnded') mailbox.bury(row, { at, why: ENDED, event: { type: 'control', control } })
    mailbox.write(row)
    return 'ended'
  }
  if ((await seen) !== null) return 'duplicate'
  mailbox.see(id, at)
  mailbox.store(row, { type: 'control', control }, bytesOf(control))
  if (row.status === 'waiting' || row.status === 'parked') mailbox.wake(row, at)
  else mailbox.write(row)
  return 'queued'
}

/** An ended process is open again; what had come after the end is there again, behind the control. */
async function reopen(
  mailbox: Mailbox,
  row: MailboxRow,
  { control, at }: At & { readonly control: Control },
): Promise<DeliverResult> {
  const id = `c:${control.id}`
  if ((await mailbox.seen(id)) !== null) return 'duplicate'
  mailbox.see(id, at)
  mailbox.store(row, { type: 'control', control }, bytesOf(control))
  for (const key of await mailbox.deadLetters()) {
    const letter = await mailbox.ctx.get<DeadLetter>(key)
    if (letter === null) continue
    const { event } = letter
    if (event.type === 'control' && event.control.type !== 'childEnded') continue
    mailbox.ctx.clear(key)
    const bytes = event.type === 'message' ? bytesOf(event.message) : 0
    if (event.type === 'message') {
      row.count += 1
      row.bytes += bytes
    }
    mailbox.store(row, event, bytes)
  }
  delete row.endedAt
  mailbox.ctx.clear('result')
  mailbox.wake(row, at)
  return 'queued'
}

/** Switches have changed: whoever is active hears it, whoever waits for one looks again. Workers of format 2 say no time. */
export async function switched(
  mailbox: Mailbox,
  { at, now }: { readonly at?: number; readonly now: boolean },
): Promise<void> {
  const row = await mailbox.row()
  if (row === null || isOver(row.status)) return
  const signal: MailSignal = { seq: row.lastSeq, switched: { now } }
  if (row.status === 'waiting') {
    if (!(await mailbox.waits()).some(({ on }) => on.kind === 'switch')) return
    mailbox.wake(row, at ?? row.updatedAt)
    return
  }
  mailbox.signal(row, signal)
  mailbox.write(row)
}
