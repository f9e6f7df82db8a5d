/**
 * A run leaves: an object keyed by the root of the run, whose handlers come to their end whatever dies (decision 065).
 *
 * Invariants:
 * 1. All processes of the run are held, and nothing of the run's own is on its way, before the first of them leaves.
 * 2. The root leaves last: where it has left, all have.
 * 3. A handler that finds that the run cannot go has released all that it held.
 */
import { baseKey, failure } from '../../kernel/index.ts'
import type { Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { EffectKey, ErrorData, Pid } from '../../std/index.ts'
import { demandUnpaused, hasMoved, notAtRest } from '../move/at-rest.ts'
import type { Departure } from '../move/moved-run.ts'
import type { Settings } from '../settings-cache.ts'
import type { Hold, OfMove } from './leaving.ts'
import { MovingCalls } from './moving-calls.ts'
import { MARKED, objectOptions, unheedingOptions } from './sdk.ts'
import type { Exclusive, Sdk } from './sdk.ts'
import { SETTINGS_KEY } from './wire.ts'
import type { At, MailboxRow, MailboxView, ServiceNames } from './wire.ts'

/** What a worker can tell of the processes of a run. */
export interface RunReader {
  /** All processes of a run, as the server's tables have them. */
  membersOf(root: Pid): Promise<readonly MailboxRow[]>
  /** Effects that were begun, and of which no frame says what became of them. */
  openEffectsOf(pid: Pid): Promise<readonly EffectKey[]>
}

/** The number under which it left, and who did. */
export type Departed = OfMove & { readonly pids: readonly Pid[] }
/** What was asked for, or why not. */
export type Answer<A> = A | { readonly refused: ErrorData }

type Member = { readonly pid: Pid; readonly parent?: Pid; readonly waits: readonly Wait[]; readonly isOver: boolean }

/** The definition of the object, for a worker to serve. */
export function departureObject(sdk: Sdk, names: ServiceNames, reader: RunReader) {
  const on =
    <I, O>(handle: (departing: Departing, input: I) => Promise<O>) =>
    (ctx: Exclusive, input: I): Promise<O> =>
      handle(new Departing(sdk, ctx, { names, reader }), input)
  return sdk.object({
    name: names.departure,
    handlers: {
      depart: on((departing, about: Departure & At) => departing.depart(about)),
      comeBack: on((departing, { id }: OfMove) => departing.comeBack(id)),
      confirm: on((departing) => departing.confirm()),
    },
    metadata: MARKED,
    options: { ...objectOptions, ...unheedingOptions },
  })
}

class Departing {
  readonly #ctx: Exclusive
  readonly #calls: MovingCalls
  readonly #reader: RunReader
  readonly #root: Pid

  constructor(sdk: Sdk, ctx: Exclusive, parts: { readonly names: ServiceNames; readonly reader: RunReader }) {
    this.#ctx = ctx
    this.#calls = new MovingCalls(sdk, ctx, parts.names)
    this.#reader = parts.reader
    this.#root = ctx.key as Pid
  }

  async depart({ id: given, target, by, at }: Departure & At): Promise<Answer<Departed>> {
    const root = this.#root
    const before = await this.#calls.one<MailboxView | null>('mailbox', root, 'view')
    if (before === null || before.row.root !== root)
      return refusal(new SkeinError('PROCESS_UNKNOWN', `there is no run ${root}; see: skein ps --all`))
    const { left } = before.row
    if (left !== undefined) {
      if (left.isConfirmed === true || left.target !== target)
        return refusal(hasMoved(root, left.target, left.isConfirmed === true))
      return { id: left.id, pids: await this.#gone(left.id) }
    }
    // Somebody may have killed the handler that had begun, against the rule: what it held is held for this one.
    const id = (await this.#ctx.get<string>('id')) ?? given
    this.#ctx.set('id', id)
    const members: Member[] = []
    const why = (await this.#hold(id, members)) ?? (await this.#obstacle(members))
    const pids = members.map(({ pid }) => pid)
    if (why === undefined) {
      await this.#withdraw(members)
      // The tables may be a moment behind when somebody asks again.
      this.#ctx.set<Departed>('run', { id, pids })
      const result = failure(hasMoved(root, target).toJSON())
      const about = (pid: Pid): readonly [Pid, unknown] => [pid, { id, target, by, at, result }]
      await this.#calls.all('mailbox', 'leave', pids.filter((pid) => pid !== root).map(about))
      await this.#calls.all('mailbox', 'leave', [about(root)])
    } else
      await this.#calls.all(
        'mailbox',
        'release',
        pids.map((pid) => [pid, { id }]),
      )
    this.#ctx.clear('id')
    return why === undefined ? { id, pids } : { refused: why }
  }

  /** Holds them all, and those that have come meanwhile; why one cannot be held. */
  async #hold(id: string, members: Member[]): Promise<ErrorData | undefined> {
    for (;;) {
      const known = new Set(members.map(({ pid }) => pid))
      const rows = (await this.#rows()).filter(({ pid }) => !known.has(pid))
      // The tables may be a moment behind; the root is there.
      if (rows.length === 0) return known.has(this.#root) ? undefined : notAtRest(this.#root, 'has just begun').toJSON()
      const holds = await this.#calls.all<Hold>(
        'mailbox',
        'hold',
        rows.map(({ pid }) => [pid, { id }]),
      )
      let why: ErrorData | undefined
      for (const [i, hold] of holds.entries()) {
        const { pid, parent } = rows[i]!
        if ('refused' in hold) why ??= hold.refused
        else members.push({ pid, ...(parent === undefined ? {} : { parent }), ...hold })
      }
      if (why !== undefined) return why
      await this.#flush(members)
    }
  }

  /** Waits until nothing is on its way that they have sent to each other. */
  async #flush(members: readonly Member[]): Promise<void> {
    const to = new Map<Pid, Pid[]>(members.map(({ pid, parent }) => [pid, parent === undefined ? [] : [parent]]))
    for (const { pid, parent } of members) if (parent !== undefined) to.get(parent)?.push(pid)
    const started = await this.#calls.all<readonly Pid[]>(
      'process',
      'flush',
      [...to].map(([pid, keys]) => [pid, { to: keys }]),
    )
    // Of a start that was refused its mailbox gives back to the parent what it was to cost.
    const refunds = [...to.keys()].flatMap((pid, i) =>
      started[i]!.filter((child) => !to.has(child)).map((child) => [child, { to: [pid] }] as const),
    )
    await this.#calls.all('process', 'flush', refunds)
  }

  /** What else stands in the way. */
  async #obstacle(members: readonly Member[]): Promise<ErrorData | undefined> {
    const { switches } = await this.#calls.one<Settings>('settings', SETTINGS_KEY, 'read')
    try {
      for (const { pid } of members) demandUnpaused(pid, switches, false)
    } catch (thrown) {
      if (SkeinError.isInstance(thrown)) return thrown.toJSON()
      throw thrown
    }
    for (const { pid, waits, isOver } of members) {
      if (isOver) continue
      const open = await this.#unsettled(pid)
      if ('refused' in open) return open.refused
      const known = new Set(
        waits.flatMap(({ key, on }) => (on.kind === 'pending' || on.kind === 'operator' ? [baseKey(key)] : [])),
      )
      const first = open.keys.find((key) => !known.has(key))
      if (first !== undefined)
        return notAtRest(pid, `has begun ${first}, and nobody knows yet what became of it`).toJSON()
    }
    return undefined
  }

  /** Read in this worker. What cannot be read is an answer: nobody is held for it. */
  #unsettled(pid: Pid): Promise<Answer<{ readonly keys: readonly EffectKey[] }>> {
    return this.#ctx.run('open effects', async () => {
      try {
        return { keys: await this.#reader.openEffectsOf(pid) }
      } catch (thrown) {
        if (SkeinError.isInstance(thrown)) return { refused: thrown.toJSON() }
        throw thrown
      }
    })
  }

  /** From here on nothing is settled here, and what was answered lies in the mail. */
  async #withdraw(members: readonly Member[]): Promise<void> {
    const pending = members.flatMap(({ pid, waits }) =>
      waits.flatMap(({ key, on }) => (on.kind === 'pending' ? [[on.token, { pid, key }] as const] : [])),
    )
    await this.#calls.all('token', 'withdraw', pending)
  }

  /** The other end takes it never. */
  async comeBack(id: string): Promise<void> {
    const pids = await this.#gone(id)
    if (pids.length === 0) return
    const waits = await this.#calls.all<readonly Wait[]>(
      'mailbox',
      'comeBack',
      pids.map((pid) => [pid, { id }]),
    )
    await this.#calls.openTokens(
      id,
      pids.map((pid, i) => ({ pid, waits: waits[i]! })),
    )
    await this.#calls.all(
      'mailbox',
      'release',
      pids.map((pid) => [pid, { id }]),
    )
  }

  async confirm(): Promise<void> {
    const before = await this.#calls.one<MailboxView | null>('mailbox', this.#root, 'view')
    const id = before?.row.left?.id
    if (id === undefined) return
    const pids = await this.#gone(id)
    await this.#calls.all(
      'mailbox',
      'confirm',
      pids.map((pid) => [pid, { id }]),
    )
  }

  /** Who left by this move; nobody by one that was another's. */
  async #gone(id: string): Promise<readonly Pid[]> {
    const run = await this.#ctx.get<Departed>('run')
    return run?.id === id ? run.pids : []
  }

  #rows(): Promise<readonly MailboxRow[]> {
    return this.#ctx.run('members', () => this.#reader.membersOf(this.#root))
  }
}

const refusal = (error: SkeinError): { readonly refused: ErrorData } => ({ refused: error.toJSON() })
