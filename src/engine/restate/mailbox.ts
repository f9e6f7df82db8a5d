import { ERASED, isPayload } from '../../kernel/index.ts'
import type { Outcome, StartRequest, Wait } from '../../kernel/index.ts'
import { isOver } from '../process-view.ts'
import { SIGNAL_BYTES_MAX } from './limits.ts'
import { callTo, sendTo } from './sdk.ts'
import type { Exclusive, InvocationHandle, Sdk } from './sdk.ts'
import type { MailboxRow, MailEvent, MailSignal, RunOrder, ServiceNames, Tombstone } from './wire.ts'

const DIGITS = 12
const MAIL = 'm/'
/** Before ids that were heard. */
export const SEEN = 's/'
/** Before what nobody received. */
const DEAD = 'd/'

/** Key of an event in a mailbox's state; keys sort as the events came. */
export const mailKey = (seq: number): string => `${MAIL}${String(seq).padStart(DIGITS, '0')}`
/** The number in such a key. */
export const seqOf = (key: string): number => Number(key.slice(MAIL.length))
/** Name of the signal that tells an open handler of mail for the `k`th time. */
export const mailSignal = (k: number): string => `mail/${k}`
/** An event that nobody received, and why. */
export type DeadLetter = { readonly at: number; readonly why: string; readonly event: MailEvent }

/** A value with every payload in it replaced. */
export const withoutPayloads = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value), (_key, member: unknown) => (isPayload(member) ? ERASED : member)) as T

/**
 * The state of one mailbox, in the hands of the handler that is open for it. Each look at it is a round to the server: what
 * is wanted together is asked for before any of it is awaited.
 */
export class Mailbox {
  readonly sdk: Sdk
  readonly ctx: Exclusive
  readonly names: ServiceNames

  constructor(sdk: Sdk, ctx: Exclusive, names: ServiceNames) {
    this.sdk = sdk
    this.ctx = ctx
    this.names = names
  }

  row(): Promise<MailboxRow | null> {
    return this.ctx.get<MailboxRow>('row')
  }

  write(row: MailboxRow): void {
    this.ctx.set('row', row)
  }

  request(): Promise<StartRequest | null> {
    return this.ctx.get<StartRequest>('request')
  }

  /** What stands where no row does, or beside that of what had left. */
  tombstone(): Promise<Tombstone | null> {
    return this.ctx.get<Tombstone>('tombstone')
  }

  async waits(): Promise<readonly Wait[]> {
    return (await this.ctx.get<readonly Wait[]>('waits')) ?? []
  }

  result(): Promise<Outcome | null> {
    return this.ctx.get<Outcome>('result')
  }

  /** When an id was seen, if it was in the last days. */
  seen(id: string): Promise<number | null> {
    return this.ctx.get<number>(`${SEEN}${id}`)
  }

  see(id: string, at: number): void {
    this.ctx.set(`${SEEN}${id}`, at)
  }

  unsee(id: string): void {
    this.ctx.clear(`${SEEN}${id}`)
  }

  /** Forgets ids that are past their time. */
  async forget(before: number): Promise<void> {
    for (const key of await this.ctx.stateKeys()) {
      if (!key.startsWith(SEEN)) continue
      const at = await this.ctx.get<number>(key)
      if (at !== null && at < before) this.ctx.clear(key)
    }
  }

  /**
   * The process has something to do, from now on: its row is written, and its handler asked for. That one tells who it is
   * when it has begun. One that a move holds is only wanted.
   */
  wake(row: MailboxRow, at: number): void {
    if (row.held === undefined) return void this.#run(row, at, {})
    row.isWanted = true
    // Opened again: what comes now is not too late.
    if (isOver(row.status)) row.status = 'waiting'
    this.write(row)
  }

  #run(row: MailboxRow, at: number, order: RunOrder): InvocationHandle {
    row.status = 'ready'
    row.updatedAt = at
    delete row.wakeAt
    // Written before: whoever is asked may come at once, and must not find a process that rests.
    this.write(row)
    const run = { service: this.names.process, key: this.ctx.key, method: 'run' }
    return sendTo(this.sdk, this.ctx, run, { parameter: order })
  }

  /** Its first handler is asked for. Who that is, is known before anything comes, so that it need not tell. */
  async begin(row: MailboxRow, at: number, order: RunOrder): Promise<void> {
    row.invocation = await this.#run(row, at, { ...order, isNew: true, isKnown: true }).invocationId
    this.write(row)
  }

  /** Tells the handler that is open for the process, if one is. */
  signal(row: MailboxRow, what: MailSignal): void {
    if (row.invocation === undefined) return
    const id = this.sdk.InvocationIdParser.fromString(row.invocation)
    this.ctx.invocation(id).signal<MailSignal>(mailSignal(row.told)).resolve(what)
    row.told += 1
  }

  /** Stores an event, and tells who is active. */
  store(row: MailboxRow, event: MailEvent, bytes: number): void {
    const seq = ++row.lastSeq
    if (event.type === 'control') row.lastControlSeq = seq
    this.ctx.set(mailKey(seq), event)
    this.signal(row, bytes > SIGNAL_BYTES_MAX ? { seq } : { seq, event })
  }

  /** Keys of all events, in order of arrival. */
  async mail(): Promise<readonly string[]> {
    return (await this.ctx.stateKeys()).filter((key) => key.startsWith(MAIL)).toSorted()
  }

  /** Puts an event to those that nobody received. */
  bury(row: MailboxRow, letter: DeadLetter): void {
    this.ctx.set(`${DEAD}${String(row.deadCount++).padStart(DIGITS, '0')}`, letter)
  }

  async deadLetters(): Promise<readonly string[]> {
    return (await this.ctx.stateKeys()).filter((key) => key.startsWith(DEAD)).toSorted()
  }

  /** Tells another mailbox. */
  tell(pid: string, method: string, parameter: unknown): void {
    sendTo(this.sdk, this.ctx, { service: this.names.mailbox, key: pid, method }, { parameter })
  }

  ask<A>(service: keyof ServiceNames, key: string, about: { method: string; parameter?: unknown }): Promise<A> {
    return callTo<A>(
      this.sdk,
      this.ctx,
      { service: this.names[service], key, method: about.method },
      about.parameter ?? null,
    )
  }
}
