/**
 * A run leaves: an object keyed by the root of the run, whose handlers come to their end whatever dies (decision 065).
 *
 * Invariants:
 * 1. All processes of the run are held, and nothing of the run's own is on its way, before the first of them leaves.
 * 2. The root leaves last: where it has left, all have.
 * 3. A handler that finds that the run cannot go has released all that it held.
 * 4. All of what leaves was read by the mover before: nothing that it cannot carry leaves.
 * 5. Of a handler that was killed against the rule the next one ends what it had begun, whatever that one is asked for.
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
import type { Exclusive, Sdk, Shared } from './sdk.ts'
import { SETTINGS_KEY } from './wire.ts'
import type { At, Head, MailboxRow, MailboxView, ServiceNames } from './wire.ts'

/** What a worker can tell of the processes of a run. */
export interface RunReader {
  /** All processes of a run, as the server's tables have them. */
  membersOf(root: Pid): Promise<readonly MailboxRow[]>
  /** Effects that were begun, and of which no frame says what became of them. */
  openEffectsOf(pid: Pid): Promise<readonly EffectKey[]>
}

/** A process as its mover has read it: what comes to its journal afterwards, the mover does not know. */
export type ReadProcess = { readonly pid: Pid; readonly parent?: Pid; readonly n: number }

/** What a mover asks for: all of it was read, and it is waited for until then. */
export type AskedDeparture = Departure & At & { readonly until: number; readonly read: readonly ReadProcess[] }

/** The number under which it left, and who did. */
export type Departed = OfMove & { readonly pids: readonly Pid[] }
/** What was asked for, or why not. */
export type Answer<A> = A | { readonly refused: ErrorData }

/** The last move from here, and how far it is. What was killed on its way is brought to its end before anything else is done. */
type Run = Departed &
  Departure &
  At & {
    readonly is: 'holding' | 'leaving' | 'left' | 'comingBack' | 'confirmed'
    readonly tokens: readonly (readonly [token: string, of: { readonly pid: Pid; readonly key: EffectKey }])[]
  }

type Member = ReadProcess & { readonly waits: readonly Wait[]; readonly isOver: boolean }

/** The definition of the object, for a worker to serve. */
export function departureObject(sdk: Sdk, names: ServiceNames, reader: RunReader) {
  const on =
    <I, O>(handle: (departing: Departing, input: I) => Promise<O>) =>
    (ctx: Exclusive, input: I): Promise<O> =>
      handle(new Departing(sdk, ctx, { names, reader }), input)
  return sdk.object({
    name: names.departure,
    handlers: {
      depart: on((departing, about: AskedDeparture) => departing.depart(about)),
      comeBack: on((departing, { id }: OfMove) => departing.comeBack(id)),
      confirm: on((departing, { id }: OfMove) => departing.confirm(id)),
      onTheWay: sdk.handlers.object.shared(onTheWay),
    },
    metadata: MARKED,
    options: { ...objectOptions, ...unheedingOptions },
  })
}

async function onTheWay(ctx: Shared): Promise<Departure | null> {
  const run = await ctx.get<Run>('run')
  return run === null || run.is === 'confirmed' ? null : { id: run.id, target: run.target, by: run.by }
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

  async depart({ until, read, ...about }: AskedDeparture): Promise<Answer<Departed>> {
    const root = this.#root
    const last = await this.#ended()
    const before = await this.#calls.one<MailboxView | null>('mailbox', root, 'view')
    if (before === null || before.row.root !== root)
      return refusal(new SkeinError('PROCESS_UNKNOWN', `there is no run ${root}; see: skein ps --all`))
    const { left } = before.row
    if (left !== undefined) {
      if (left.isConfirmed === true || left.target !== about.target)
        return refusal(hasMoved(root, left.target, left.isConfirmed === true))
      return { id: left.id, pids: last?.id === left.id ? last.pids : [] }
    }
    // Somebody may have killed the handler that had begun, against the rule: what it held is held for this one.
    const id = last?.is === 'holding' ? last.id : about.id
    const pids = [...new Set([...read.map(({ pid }) => pid), ...(last?.is === 'holding' ? last.pids : [])])]
    const run: Run = { ...about, id, pids, is: 'holding', tokens: [] }
    this.#set(run)
    const members: Member[] = []
    const why =
      (await this.#tooLate(until)) ??
      (await this.#hold(id, read, members)) ??
      (await this.#unread(members)) ??
      (await this.#obstacle(members)) ??
      (await this.#tooLate(until))
    if (why !== undefined) {
      await this.#release(run)
      return { refused: why }
    }
    await this.#leave({ ...run, is: 'leaving', tokens: tokensOf(members) })
    return { id, pids }
  }

  /** Whoever asked has given up: what is done now nobody expects. */
  async #tooLate(until: number): Promise<ErrorData | undefined> {
    if ((await this.#ctx.date.now()) <= until) return undefined
    return notAtRest(this.#root, 'was asked for so long ago that nobody waits for it any more').toJSON()
  }

  /** Holds them all; why one cannot be held. */
  async #hold(id: string, read: readonly ReadProcess[], members: Member[]): Promise<ErrorData | undefined> {
    if (read.every(({ pid }) => pid !== this.#root)) return notAtRest(this.#root, 'has just come').toJSON()
    const holds = await this.#all<Hold>('hold', read, { id })
    let why: ErrorData | undefined
    for (const [i, hold] of holds.entries()) {
      if ('refused' in hold) why ??= hold.refused
      else members.push({ ...read[i]!, ...hold })
    }
    return why
  }

  /** While they are held: whoever has come, and what has come, since they were read. Tables alone may be a moment behind. */
  async #unread(members: readonly Member[]): Promise<ErrorData | undefined> {
    const known = new Set(members.map(({ pid }) => pid))
    const started = (await this.#flush(members)).filter((pid) => !known.has(pid))
    const views = await this.#calls.all<MailboxView | null>(
      'mailbox',
      'view',
      started.map((pid) => [pid, null]),
    )
    const rows = [...views.flatMap((view) => (view === null ? [] : [view.row])), ...(await this.#rows())]
    const other = rows.find(({ pid, root }) => root === this.#root && !known.has(pid))
    if (other !== undefined) return notAtRest(other.pid, 'has just begun').toJSON()
    const heads = await this.#calls.all<Head | null>(
      'process',
      'head',
      members.map(({ pid }) => [pid, null]),
    )
    const busy = members.find(({ n }, i) => (heads[i]?.n ?? 0) !== n)
    return busy === undefined ? undefined : notAtRest(busy.pid, 'has just run').toJSON()
  }

  /** Waits until nothing is on its way that they have sent to each other; whom they started last. */
  async #flush(members: readonly Member[]): Promise<readonly Pid[]> {
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
    return started.flat()
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

  /** Nothing stops it any more: whoever is killed in it is followed by one who ends it. */
  async #leave(run: Run): Promise<void> {
    this.#set(run)
    // From here on nothing is settled here, and what was answered lies in the mail.
    await this.#calls.all('token', 'withdraw', run.tokens)
    const { id, target, by, at, pids } = run
    const about = { id, target, by, at, result: failure(hasMoved(this.#root, target).toJSON()) }
    const others = pids.filter((pid) => pid !== this.#root)
    await this.#all(
      'leave',
      others.map((pid) => ({ pid })),
      about,
    )
    await this.#all('leave', [{ pid: this.#root }], about)
    this.#set({ ...run, is: 'left', tokens: [] })
  }

  /** It stays. */
  async #release({ id, pids }: Run): Promise<void> {
    await this.#all(
      'release',
      pids.map((pid) => ({ pid })),
      { id },
    )
    this.#ctx.clear('run')
  }

  async #return(run: Run): Promise<void> {
    const { id, pids } = run
    this.#set({ ...run, is: 'comingBack' })
    const waits = await this.#all<readonly Wait[]>(
      'comeBack',
      pids.map((pid) => ({ pid })),
      { id },
    )
    await this.#calls.openTokens(
      id,
      pids.map((pid, i) => ({ pid, waits: waits[i]! })),
    )
    await this.#release(run)
  }

  /** What was begun here and killed has come to its end now; the last move. */
  async #ended(): Promise<Run | null> {
    const run = await this.#ctx.get<Run>('run')
    if (run?.is === 'leaving') await this.#leave(run)
    else if (run?.is === 'comingBack') await this.#return(run)
    else return run
    return this.#ctx.get<Run>('run')
  }

  /** The other end takes it never. */
  async comeBack(id: string): Promise<void> {
    const run = await this.#ended()
    if (run?.id !== id) return
    if (run.is === 'holding') await this.#release(run)
    if (run.is === 'left') await this.#return(run)
  }

  /** It is known to have arrived. One that is late with it speaks of another move, and changes nothing. */
  async confirm(id: string): Promise<void> {
    const run = await this.#ended()
    if (run?.id !== id || run.is !== 'left') return
    await this.#all(
      'confirm',
      run.pids.map((pid) => ({ pid })),
      { id },
    )
    this.#set({ ...run, is: 'confirmed' })
  }

  #set(run: Run): void {
    this.#ctx.set<Run>('run', run)
  }

  /** The same of the mailboxes of all. */
  #all<A>(method: string, of: readonly { readonly pid: Pid }[], about: object): Promise<readonly A[]> {
    return this.#calls.all<A>(
      'mailbox',
      method,
      of.map(({ pid }) => [pid, about]),
    )
  }

  #rows(): Promise<readonly MailboxRow[]> {
    return this.#ctx.run('members', () => this.#reader.membersOf(this.#root))
  }
}

const refusal = (error: SkeinError): { readonly refused: ErrorData } => ({ refused: error.toJSON() })

const tokensOf = (members: readonly Member[]): Run['tokens'] =>
  members.flatMap(({ pid, waits }) =>
    waits.flatMap(({ key, on }) => (on.kind === 'pending' ? [[on.token, { pid, key }] as const] : [])),
  )
