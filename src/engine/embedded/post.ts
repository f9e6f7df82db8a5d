/**
 * What reaches a process: starts, messages and controls.
 *
 * `apply` runs inside a transaction and decides; `arrive` runs when that is durable and tells the process.
 *
 * Invariants:
 * 1. A row is written before the process hears of it; an event is heard once per residency.
 * 2. Equal ids to one process are stored once (rule M2). Nothing undeliverable vanishes: it becomes a dead letter.
 * 3. A process that rests wakes only for a control, a start, or a message that one of its wait rows matches (rule T6).
 */
import { failure, matches } from '../../kernel/index.ts'
import type { Control, DeliverResult, ForkRequest, Outcome, StartRequest } from '../../kernel/index.ts'
import { limits, SkeinError } from '../../std/index.ts'
import type { Clock, Epoch, Hash, Pid } from '../../std/index.ts'
import { FORGET_EVERY_MS } from '../limits.ts'
import type { ProcessStatus } from '../port.ts'
import type { Mailed } from './event-queue.ts'
import { MailboxMeter } from './mailbox-meter.ts'
import { prepareControl, prepareStart } from './prepare.ts'
import type { Prepared, PreparedControl, PreparedMessage, PreparedStart } from './prepare.ts'
import { Settlements } from './settlements.ts'
import type { P } from './store/process-table.ts'
import { unpack } from './store/pack.ts'
import type { Packed } from './store/pack.ts'
import type { Tables } from './store/tables.ts'
import type { Watchers } from './watchers.ts'

/** What a delivery came to, to be told when it is durable. */
export type Arrival = {
  readonly result: DeliverResult
  readonly p?: P
  /** Present when a row was written for a process that may be resident. */
  readonly arrived?: Mailed
  /** Who was resident then and expects it. */
  readonly expecting?: Addressee | undefined
  /** The process has something to do now. */
  readonly isAwake?: boolean
  /** A second delivery that this one caused. */
  readonly also?: Arrival
}

/** A resident process, as the post sees it. */
export interface Addressee {
  /** One row more (or less) for it is part of a commit that is under way. */
  expect(count: 1 | -1): void
  arrived(what: Mailed): void
}

/** Who is at home. */
export interface Residents {
  get(p: P): Addressee | undefined
  /** It rests, and has something to do. */
  wake(p: P): void
}

/** What the post needs of its engine. */
export type PostParts = {
  readonly tables: Tables
  readonly epoch: Epoch
  readonly clock: Clock
  readonly hash: Hash
  readonly residents: Residents
  readonly watchers: Watchers
}

const isOver = (status: ProcessStatus): boolean => status === 'done' || status === 'failed' || status === 'cancelled'

/** What failed can go on; what was cancelled only if its parent, which had cancelled it, goes on itself. */
function mayReopen(status: ProcessStatus, control: Extract<Control, { type: 'reopen' }>): boolean {
  return status === 'failed' || (status === 'cancelled' && control.fromParent === true)
}

/** The post of one store. */
export class Post {
  readonly meter: MailboxMeter
  readonly settlements: Settlements
  readonly #parts: PostParts
  #lastSeq: number
  #forgotAt: number

  constructor(parts: PostParts) {
    this.#parts = parts
    this.meter = new MailboxMeter(parts.tables.mailbox)
    this.settlements = new Settlements({ ...parts, send: (what) => this.#control(what) })
    this.#lastSeq = parts.tables.mailbox.lastSeq()
    this.#forgotAt = parts.clock.now()
  }

  apply(what: Prepared): Arrival {
    switch (what.type) {
      case 'message':
        return this.#message(what)
      case 'control':
        return this.#control(what)
      case 'start':
        return this.#start(what)
    }
  }

  /** Mail that a process brings from elsewhere; its blobs are here. */
  place(p: P, { kind, text }: { readonly kind: 'm' | 'c'; readonly text: string }): void {
    const { mailbox, controls } = this.#parts.tables
    const seq = ++this.#lastSeq
    if (kind === 'm') mailbox.put(seq, p, text)
    else controls.put(seq, p, text)
  }

  /** Durable: the process hears of it. */
  arrive(arrival: Arrival): void {
    const { p, arrived, also } = arrival
    if (p !== undefined) {
      arrival.expecting?.expect(-1)
      const resident = this.#parts.residents.get(p)
      if (resident === undefined) {
        if (arrival.isAwake === true) this.#parts.residents.wake(p)
      } else if (arrived !== undefined) resident.arrived(arrived)
      this.#parts.watchers.changed(p)
    }
    if (also !== undefined) this.arrive(also)
  }

  #message({ message, text, bytes }: PreparedMessage): Arrival {
    const { processes, mailbox, waits } = this.#parts.tables
    const to = processes.find(message.to)
    if (to === undefined) return { result: 'unknown' }
    const { p } = to
    if (!this.#see(p, `m:${message.id}`)) return { result: 'duplicate' }
    if (isOver(to.status) || !this.meter.take(p, bytes)) {
      mailbox.unsee(p, `m:${message.id}`)
      if (!isOver(to.status)) return { result: 'full' }
      mailbox.deadLetter(message.to, this.#parts.clock.now(), 'the process has ended', text)
      return { result: 'ended' }
    }
    const seq = ++this.#lastSeq
    mailbox.put(seq, p, text)
    const isAwake = to.status === 'waiting' && waits.ofKind(p, 'message').some((wait) => this.#wants(wait, message))
    if (isAwake) processes.wake(p, this.#parts.clock.now())
    return {
      result: 'queued',
      p,
      arrived: { event: { type: 'message', message }, row: { seq, bytes } },
      expecting: this.#expecting(p),
      isAwake,
    }
  }

  #wants(waitText: string, message: PreparedMessage['message']): boolean {
    const { on } = unpack<{ on: { kind: string; pattern?: Parameters<typeof matches>[0] } }>(
      waitText,
      this.#parts.tables.blobs.get,
    )
    return on.pattern !== undefined && matches(on.pattern, message)
  }

  #control({ to: pid, control, packed }: PreparedControl): Arrival {
    const { processes, controls, mailbox, blobs } = this.#parts.tables
    const now = this.#parts.clock.now()
    const to = processes.find(pid)
    if (to === undefined) {
      if (control.type !== 'cancel') return { result: 'unknown' }
      return { result: controls.entomb(pid, now, packed.text) ? 'queued' : 'duplicate' }
    }
    const { p } = to
    // What was erased cannot be replayed, and so not gone on with.
    if (control.type === 'reopen' && mayReopen(to.status, control) && processes.erased(p) === undefined)
      return this.#reopen(p, pid, control, packed)
    if (isOver(to.status)) {
      // What an account gets back must not vanish, even when nobody is left to take it.
      if (control.type === 'childEnded') mailbox.deadLetter(pid, now, 'the process has ended', packed.text)
      return { result: 'ended' }
    }
    if (!this.#see(p, `c:${control.id}`)) return { result: 'duplicate' }
    for (const blob of packed.blobs) blobs.put(blob)
    const seq = ++this.#lastSeq
    controls.put(seq, p, packed.text)
    const isAwake = to.status === 'waiting' || to.status === 'parked'
    if (isAwake) processes.wake(p, now)
    return {
      result: 'queued',
      p,
      arrived: { event: { type: 'control', control }, row: { seq, bytes: packed.text.length } },
      expecting: this.#expecting(p),
      isAwake,
    }
  }

  /** An ended row is open again; what had come after the end is there again, behind the control. */
  #reopen(p: P, pid: Pid, control: Control, packed: Packed): Arrival {
    const { processes, controls, mailbox } = this.#parts.tables
    if (!this.#see(p, `c:${control.id}`)) return { result: 'duplicate' }
    controls.put(++this.#lastSeq, p, packed.text)
    for (const { seq, text } of mailbox.exhume(pid)) {
      const late = JSON.parse(text) as { readonly type?: unknown; readonly to?: unknown; readonly body?: unknown }
      const isMessage = late.to === pid && late.body !== undefined
      if (!isMessage && late.type !== 'childEnded') continue
      mailbox.removeDead(seq)
      if (isMessage) mailbox.put(++this.#lastSeq, p, text)
      else controls.put(++this.#lastSeq, p, text)
    }
    this.meter.forget(p)
    processes.reopened(p, this.#parts.clock.now())
    return { result: 'queued', p, isAwake: true }
  }

  #expecting(p: P): Addressee | undefined {
    const resident = this.#parts.residents.get(p)
    resident?.expect(1)
    return resident
  }

  #start(start: PreparedStart): Arrival {
    const { processes, controls, blobs } = this.#parts.tables
    const { pid } = start.request
    if (processes.find(pid) !== undefined) return { result: 'duplicate' }
    if (controls.tombstone(pid) !== undefined) return this.#refuse(start.request, 'ended', { type: 'cancelled' })
    const known = start.request.fork === undefined ? start : this.#asOrigin(start, start.request.fork)
    if (SkeinError.isInstance(known)) return this.#refuse(start.request, 'unknown', failure(known.toJSON()))
    const { request, packed } = known
    for (const blob of packed.blobs) blobs.put(blob)
    const p = processes.insert({
      pid: request.pid,
      parent: request.parent?.pid ?? null,
      root: request.root,
      depth: request.depth,
      kind: request.kind,
      workflow: request.workflow,
      file: request.file ?? null,
      createdAt: this.#parts.clock.now(),
      epoch: this.#parts.epoch,
      request: packed.text,
    })
    return { result: 'queued', p, isAwake: true }
  }

  /** A fork is what its origin is; inside a run, processes fork none but their own (rule FK1). */
  #asOrigin({ request }: PreparedStart, { from }: ForkRequest): PreparedStart | SkeinError {
    const origin = this.#parts.tables.processes.byPid(from)
    if (origin === undefined)
      return new SkeinError('PROCESS_UNKNOWN', `there is no process ${from} to fork; see: skein ps`)
    if (request.parent !== undefined && origin.root !== request.root) {
      const why = `it belongs to the run ${origin.root}, and a workflow forks processes of its own run (${request.root}) only`
      return new SkeinError('FORK_REFUSED', `${from} cannot be forked here: ${why}; from outside: skein fork ${from}`)
    }
    if (this.#parts.tables.processes.erased(origin.p) !== undefined)
      return new SkeinError('RUN_ERASED', `${from} was erased: what a fork would go on from is gone`)
    const { kind, workflow, file } = origin
    return prepareStart({ ...request, kind, workflow, ...(file === null ? {} : { file }) }, this.#parts.hash)
  }

  /** Not started: whoever paid for it gets everything back (rules C2, C5). */
  #refuse(request: StartRequest, result: 'ended' | 'unknown', outcome: Outcome): Arrival {
    const payer = request.parent
    if (payer === undefined) return { result }
    const control: Control = {
      // The kernel's own id for the end of a child: heard once, whoever says it.
      id: `${request.pid}!ended`,
      type: 'childEnded',
      child: request.pid,
      key: payer.key,
      outcome,
      cap: request.cap,
      spent: {},
      forfeited: {},
    }
    return { result, also: this.#control(prepareControl(payer.pid, control, this.#parts.hash)) }
  }

  /** False for an id that was seen in the last days. */
  #see(p: P, id: string): boolean {
    const now = this.#parts.clock.now()
    const { mailbox } = this.#parts.tables
    if (now - this.#forgotAt >= FORGET_EVERY_MS) {
      this.#forgotAt = now
      mailbox.forget(now)
    }
    return mailbox.see(p, id, now + limits.FOREIGN_ID_TTL_MS)
  }
}
