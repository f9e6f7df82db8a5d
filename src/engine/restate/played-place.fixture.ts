/** An installation on a server that is played here: real objects of everything that moves, and processes that only hear, wait and end. */
import { CHAIN_START, payloadOf, sealFrame } from '../../kernel/index.ts'
import type { Control, Fact, Message, StartRequest, Wait } from '../../kernel/index.ts'
import { asEffectKey, asEpoch, asMessageId, asPid, asSeq } from '../../std/index.ts'
import type { Pid, Random } from '../../std/index.ts'
import { UNHEARD } from '../embedded/rest-step.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { JournalBlobs } from '../blobs/journal-blobs.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { arrivalObject } from './arrival-object.ts'
import { ObjectClient } from './client.ts'
import { departureObject } from './departure-object.ts'
import { journalEraser } from './erase-journal.ts'
import { eraseProcess } from './erase-process.ts'
import { journalMoves } from './journal-moves.ts'
import { REQUEST_TIMEOUT_MS_DEFAULT } from './limits.ts'
import { mailboxObject } from './mailbox-object.ts'
import { RestateMoves } from './move.ts'
import { frameKey } from './open-journal.ts'
import { PlayedServer } from './played-server.fixture.ts'
import { callTo, sendTo } from './sdk.ts'
import type { Exclusive, Shared } from './sdk.ts'
import type { RestateServer } from './server.ts'
import { settingsObject } from './settings-object.ts'
import { tokenObject } from './token-object.ts'
import { namesOf } from './wire.ts'
import type { Head, MailboxLoad, MailboxRow, MailEvent, Rest, RunOrder, Tombstone } from './wire.ts'

/** A run of three. */
export const [ROOT, CHILD, OTHER] = [asPid('root'), asPid('child'), asPid('other')]
const HASH = nodeHash
const FACT = { v: 1, seq: asSeq(0), at: 1, type: 'log' } as unknown as Fact
const waitFor = (pid: Pid): readonly Wait[] => [
  { key: asEffectKey('go'), on: { kind: 'message', pattern: { topic: 'go' } } },
  { key: asEffectKey('paid'), on: { kind: 'pending', token: `token-${pid}`, actual: {} } },
]

/** What a seed draws. */
export function drawn(seed: number): Random {
  let state = seed * 2_654_435_761 + 1
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  return {
    next,
    hex: (bytes) =>
      Math.floor(next() * 1e9)
        .toString(16)
        .padStart(bytes * 2, '0'),
  }
}

/** What becomes of a mover whose calls are over. */
export const KILLED = 'killed'
/** What somebody outside says of a pending effect. */
export const SETTLEMENT = { settlement: { how: 'done', value: payloadOf(1), by: 'x' }, hold: false, at: 5 }

/** An installation: its objects, what ran in it, and who moves runs from and to it. */
export class Place {
  readonly names
  readonly moves: RestateMoves
  /** As an operator erases one. */
  readonly erase: (pid: Pid) => Promise<unknown>
  readonly blobs: JournalBlobs
  readonly #server: PlayedServer
  /** What each process has heard here, by id. */
  readonly heard: string[] = []
  readonly woken: Pid[] = []
  onWake: (pid: Pid) => void = () => undefined
  /** Not in the tables of the server yet. */
  readonly hidden = new Set<Pid>()
  /** Who is woken is at it from then on, and comes to no end. */
  isBusy = false
  /** Calls of a mover until it is killed. */
  calls = { left: Number.POSITIVE_INFINITY }

  constructor(server: PlayedServer, name: string, store?: BlobStore) {
    this.#server = server
    const names = namesOf(name)
    this.names = names
    const { sdk } = server
    const asked = async (at: { service: string; key: string; handler: string }, input: unknown): Promise<unknown> => {
      if (this.calls.left-- === 0) throw new Error(KILLED)
      const answer = server.ask({ service: at.service, key: at.key, method: at.handler }, input)
      // Whoever is killed now has asked all the same, and it may be heard at any time.
      if (this.calls.left-- === 0) throw new Error(KILLED)
      return answer
    }
    const query = async (): Promise<readonly unknown[]> =>
      this.#tables().map((row) => ({ value_utf8: JSON.stringify(row) }))
    const remote = {
      call: asked,
      read: asked,
      query,
      timeoutMs: REQUEST_TIMEOUT_MS_DEFAULT,
    } as unknown as RestateServer
    const client = new ObjectClient(remote, names)
    const blobs = new JournalBlobs(store, { hash: HASH, installation: name })
    this.blobs = blobs
    const traits = { frameBytesMax: 1e7, durability: 'fsync', nodes: 'many', ownerDeath: 'presumed' } as const
    this.moves = new RestateMoves({ client, blobs, server: remote, names, clock: nodeClock, hash: HASH, traits })
    this.erase = (pid) => eraseProcess({ client, blobs }, pid, { by: 'ann', at: 9 })
    // What workers ask is no mover's call.
    const read = { membersOf: (root: Pid) => this.#membersOf(root), openEffectsOf: async () => [] }
    mailboxObject(sdk, names)
    tokenObject(sdk, names, HASH)
    settingsObject(sdk, names)
    departureObject(sdk, names, read)
    arrivalObject(sdk, names, this.moves)
    const { shared } = sdk.handlers.object
    sdk.object({
      name: names.process,
      handlers: {
        ...journalMoves(sdk, names),
        run: (ctx: Exclusive, order: RunOrder) => this.#run(ctx, order),
        erase: journalEraser(sdk, names, HASH),
        frames: shared(async (ctx: Shared) => {
          const { n } = (await ctx.get<Head>('head')) ?? { n: 0 }
          const frames = []
          for (let i = 0; i < n; i++) frames.push(await ctx.get<object>(frameKey(i)))
          return { frames, next: undefined }
        }),
      },
    })
  }

  async #membersOf(root: Pid): Promise<readonly MailboxRow[]> {
    return this.#tables().filter((row) => row.root === root)
  }

  #tables(): readonly MailboxRow[] {
    return (this.#server.all(this.names.mailbox, 'row') as MailboxRow[]).filter(({ pid }) => !this.hidden.has(pid))
  }

  /** A process that hears everything, waits on, and ends when it is told to; its end is told to its parent one way. */
  async #run(ctx: Exclusive, { isNew }: RunOrder): Promise<void> {
    const { sdk } = this.#server
    const { names } = this
    const own = { service: names.mailbox, key: ctx.key }
    const pid = asPid(ctx.key)
    const loaded = await callTo<MailboxLoad | null>(sdk, ctx, { ...own, method: 'load' }, null)
    if (loaded === null || loaded.row.status !== 'ready') return
    // Who is new looks for no journal.
    const head = isNew === true ? undefined : ((await ctx.get<Head>('head')) ?? undefined)
    const epoch = asEpoch((head?.epoch ?? 0) + 1)
    if (head === undefined) {
      const ports = { hash: HASH, random: drawn(1), inlineMax: 1_000 }
      const { frame } = sealFrame({ pid, epoch, n: 0, prevHash: CHAIN_START, facts: [FACT] }, ports)
      ctx.set(frameKey(0), frame)
      ctx.set('head', { n: 1, hash: frame.hash, lastSeq: 0, segmentN: 0, epoch, consumed: [], isOpen: false })
    } else ctx.set('head', { ...head, epoch })
    await ctx.run('wake', async () => {
      this.woken.push(pid)
      this.onWake(pid)
    })
    if (this.isBusy) return new Promise(() => {})
    sendTo(sdk, ctx, { ...own, method: 'began' }, { parameter: { invocation: ctx.request().id, epoch, at: 2 } })
    const { items, lastSeq } = loaded.mail
    const heard = items.map(({ event }) => (event.type === 'message' ? event.message.id : event.control.id))
    const before = (await ctx.get<readonly string[]>('heard')) ?? []
    ctx.set('heard', [...before, ...heard])
    const isEnd = heard.includes(`${pid}-end`)
    if (isEnd && loaded.row.parent !== undefined)
      sendTo(
        sdk,
        ctx,
        { service: names.mailbox, key: loaded.row.parent, method: 'control' },
        { parameter: { at: 2, control: { id: `${pid}!ended`, type: 'childEnded', child: pid } } },
      )
    if (!isEnd && before.length === 0)
      for (const wait of waitFor(pid))
        if (wait.on.kind === 'pending') {
          const told = { wait: { pid, key: wait.key, by: `${pid}#${epoch}` }, at: 2 }
          await callTo(sdk, ctx, { service: names.token, key: wait.on.token, method: 'opened' }, told)
        }
    const consumed = items.map(({ seq, event }) => ({ seq, ...(event.type === 'message' ? { bytes: 1 } : {}) }))
    sendTo(sdk, ctx, { ...own, method: 'acknowledge' }, { parameter: { consumed, at: 2 } })
    const end: Rest['end'] = isEnd ? { type: 'ended', result: { type: 'ok', value: payloadOf(1) } } : { type: 'wait' }
    const rest: Rest = {
      end,
      at: 2,
      heardSeq: lastSeq,
      firstSeq: 0,
      waits: isEnd ? [] : waitFor(pid),
      consumed: [],
      epoch,
    }
    if (await callTo<boolean>(sdk, ctx, { ...own, method: 'rest' }, rest)) return
    // More has come: it is heard in another handler.
    const yielding: Rest = { ...rest, end: { type: 'yield' } }
    await callTo<boolean>(sdk, ctx, { ...own, method: 'rest' }, yielding)
  }

  tell(pid: string, method: string, input: unknown, service: 'mailbox' | 'token' = 'mailbox'): Promise<unknown> {
    return this.#server.ask({ service: this.names[service], key: pid, method }, input)
  }

  say(to: Pid, id: string, topic = 'go'): Promise<unknown> {
    const message = { id: asMessageId(id), to, topic, body: payloadOf(id) } as Message
    return this.tell(to, 'put', { message, at: 3 })
  }

  stop(pid: Pid, id: string): Promise<unknown> {
    const control: Control = { id, type: 'cancel', reason: '', by: 'ann' }
    return this.tell(pid, 'control', { control, at: 3 })
  }

  row(pid: Pid): MailboxRow | undefined {
    return this.#server.stateOf(this.names.mailbox, pid).get('row') as MailboxRow | undefined
  }

  claim(pid: Pid): Tombstone | undefined {
    return this.#server.stateOf(this.names.mailbox, pid).get('tombstone') as Tombstone | undefined
  }

  /** Everything that processes have heard here, or that lies in their mail. */
  got(pid: Pid): readonly string[] {
    const box = this.#server.stateOf(this.names.mailbox, pid)
    const mail = [...box].flatMap(([key, value]) => {
      const { message, control } = value as { message?: Message; control?: Control }
      return key.startsWith('m/') && this.row(pid)?.left === undefined ? [message?.id ?? control!.id] : []
    })
    // What had been heard of as stored before it ended.
    const buried = [...box].flatMap(([key, value]) => {
      const letter = value as { why?: string; event?: { message?: Message; control?: Control } }
      return key.startsWith('d/') && letter.why === UNHEARD
        ? [letter.event!.message?.id ?? letter.event!.control!.id]
        : []
    })
    return [
      ...buried,
      ...((this.#server.stateOf(this.names.process, pid).get('heard') as string[] | undefined) ?? []),
      ...mail,
    ]
  }

  /** What lies there though it should have woken the process. */
  unheard(pid: Pid): readonly string[] {
    const events = [...this.#server.stateOf(this.names.mailbox, pid)].flatMap(([key, value]) =>
      key.startsWith('m/') && this.row(pid)?.left === undefined ? [value as MailEvent] : [],
    )
    return events.flatMap((event) => {
      if (event.type === 'control') return [event.control.id]
      return event.message.topic === 'go' ? [event.message.id] : []
    })
  }

  isLive(pid: Pid): boolean {
    const row = this.row(pid)
    return row !== undefined && row.left === undefined && this.claim(pid)?.claim === undefined
  }
}

/** A start of one of them. */
export const startOf = (pid: Pid, parent?: Pid): StartRequest => ({
  pid,
  root: ROOT,
  depth: parent === undefined ? 0 : 1,
  kind: 'workflow',
  workflow: 'w',
  input: payloadOf(1),
  cap: {},
  strict: false,
  ...(parent === undefined ? {} : { parent: { pid: parent, key: asEffectKey('c') } }),
})
