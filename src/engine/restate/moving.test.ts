/** Runs that leave and arrive, against a server that is played here: handlers and movers are ended after any command. */
import { expect, it } from 'vitest'
import { CHAIN_START, payloadOf, sealFrame } from '../../kernel/index.ts'
import type { Control, Fact, Message, StartRequest, Wait } from '../../kernel/index.ts'
import { asEffectKey, asEpoch, asMessageId, asPid, asSeq } from '../../std/index.ts'
import type { Pid, Random } from '../../std/index.ts'
import { UNHEARD } from '../embedded/rest-step.ts'
import { JournalBlobs } from '../blobs/journal-blobs.ts'
import { backOf } from '../move/at-rest.ts'
import type { MovedRun } from '../move/moved-run.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { arrivalObject } from './arrival-object.ts'
import { ObjectClient } from './client.ts'
import { departureObject } from './departure-object.ts'
import { journalMoves } from './journal-moves.ts'
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
import type { Head, MailboxLoad, MailboxRow, MailEvent, Rest, Tombstone } from './wire.ts'

const [ROOT, CHILD, OTHER] = [asPid('root'), asPid('child'), asPid('other')]
const HASH = nodeHash
const FACT = { v: 1, seq: asSeq(0), at: 1, type: 'log' } as unknown as Fact
const waitFor = (pid: Pid): readonly Wait[] => [
  { key: asEffectKey('go'), on: { kind: 'message', pattern: { topic: 'go' } } } as Wait,
  { key: asEffectKey('paid'), on: { kind: 'pending', token: `token-${pid}`, actual: {} } },
]

/** What a seed draws. */
function drawn(seed: number): Random {
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

const KILLED = 'killed'
const SETTLEMENT = { settlement: { outcome: { type: 'cancelled' }, by: 'x' }, hold: false, at: 5 }

/** An installation: its objects, what ran in it, and who moves runs from and to it. */
class Place {
  readonly names
  readonly moves: RestateMoves
  readonly #server: PlayedServer
  /** What each process has heard here, by id. */
  readonly heard: string[] = []
  readonly woken: Pid[] = []
  onWake: (pid: Pid) => void = () => undefined
  /** Calls of a mover until it is killed. */
  calls = { left: Number.POSITIVE_INFINITY }

  constructor(server: PlayedServer, name: string) {
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
      server.all(names.mailbox, 'row').map((row) => ({ value_utf8: JSON.stringify(row) }))
    const remote = { call: asked, read: asked, query } as unknown as RestateServer
    const client = new ObjectClient(remote, names)
    const blobs = new JournalBlobs(undefined, { hash: HASH, installation: name })
    const traits = { frameBytesMax: 1e7, durability: 'fsync', nodes: 'many', ownerDeath: 'presumed' } as const
    this.moves = new RestateMoves({ client, blobs, server: remote, names, clock: nodeClock, hash: HASH, traits })
    // What workers ask is no mover's call.
    const read = { membersOf: (root: Pid) => this.#membersOf(root), openEffectsOf: async () => [] }
    mailboxObject(sdk, names)
    tokenObject(sdk, names, HASH)
    settingsObject(sdk, names)
    departureObject(sdk, names, read)
    arrivalObject(sdk, names)
    const { shared } = sdk.handlers.object
    sdk.object({
      name: names.process,
      handlers: {
        ...journalMoves(sdk, names),
        run: (ctx: Exclusive) => this.#run(ctx),
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
    return (this.#server.all(this.names.mailbox, 'row') as MailboxRow[]).filter((row) => row.root === root)
  }

  /** A process that hears everything, waits on, and ends when it is told to; its end is told to its parent one way. */
  async #run(ctx: Exclusive): Promise<void> {
    const { sdk } = this.#server
    const { names } = this
    const own = { service: names.mailbox, key: ctx.key }
    const pid = asPid(ctx.key)
    const loaded = await callTo<MailboxLoad | null>(sdk, ctx, { ...own, method: 'load' }, null)
    if (loaded === null || loaded.row.status !== 'ready') return
    const head = (await ctx.get<Head>('head')) ?? undefined
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

const startOf = (pid: Pid, parent?: Pid): StartRequest =>
  ({
    pid,
    root: ROOT,
    depth: parent === undefined ? 0 : 1,
    kind: 'workflow',
    workflow: 'w',
    input: payloadOf(1),
    cap: {},
    strict: false,
    ...(parent === undefined ? {} : { parent: { pid: parent, key: asEffectKey('c') } }),
  }) as StartRequest

/** Two installations on one server; a run of three waits in the first one. */
async function world(seed: number) {
  const server = new PlayedServer(drawn(seed))
  const [here, there] = [new Place(server, 'here'), new Place(server, 'there')]
  for (const [pid, parent] of [[ROOT], [CHILD, ROOT], [OTHER, ROOT]] as const)
    void here.tell(pid, 'start', { request: startOf(pid, parent), at: 1 })
  await server.settled()
  expect([ROOT, CHILD, OTHER].map((pid) => here.row(pid)?.status)).toEqual(['waiting', 'waiting', 'waiting'])
  const offences: string[] = []
  here.onWake = (pid) => {
    if ([ROOT, CHILD, OTHER].some((one) => here.row(one)?.left !== undefined))
      offences.push(`${pid} woke after one had left`)
  }
  there.onWake = (pid) => {
    const isWhole = [ROOT, CHILD, OTHER].every((one) => there.row(one) !== undefined)
    if (!isWhole || here.row(ROOT)?.left === undefined) offences.push(`${pid} woke before all were there`)
  }
  return { server, here, there, offences }
}

type World = Awaited<ReturnType<typeof world>>

/** A mover's work; true when it has come to its end. */
async function carry({ here, there }: World, id: string): Promise<unknown> {
  const run = await here.moves.depart(ROOT, { id, target: 'there', by: 'ann' })
  await there.moves.arrive(run)
  await here.moves.confirm(ROOT)
  return run
}

/** Lets it run until nothing moves; what it came to. */
async function until({ server }: World, doing: Promise<unknown>): Promise<unknown> {
  const ended = doing.then(
    () => 'done',
    (thrown: Error & { code?: string }) => thrown.code ?? thrown.message,
  )
  let over: unknown
  void ended.then((how) => (over = how))
  while (over === undefined) await server.settled()
  return over
}

const frameOf = (server: PlayedServer, place: Place, pid: Pid): unknown =>
  server.stateOf(place.names.process, pid).get(frameKey(0))

/** It is there, whole, and goes on; here is nothing of it but its end. */
async function expectMoved({ server, here, there, offences }: World): Promise<void> {
  expect(offences).toEqual([])
  for (const pid of [ROOT, CHILD, OTHER]) {
    expect(there.row(pid)).toMatchObject({ pid, workflow: 'w', root: ROOT })
    expect([there.row(pid)?.held, there.claim(pid), here.row(pid)?.left?.isConfirmed]).toEqual([
      undefined,
      undefined,
      true,
    ])
    expect(here.row(pid)?.status).toBe('cancelled')
    expect(frameOf(server, there, pid)).toEqual(frameOf(server, here, pid))
    expect(server.stateOf(there.names.process, pid).has('arriving')).toBe(false)
  }
  void there.say(CHILD, 'afterwards')
  void there.tell(`token-${OTHER}`, 'settle', SETTLEMENT, 'token')
  await server.settled()
  expect(there.got(CHILD)).toContain('afterwards')
  expect(there.got(OTHER).some((id) => id.startsWith('settle/'))).toBe(true)
  expect(
    await until(
      { server } as World,
      here.say(CHILD, 'too late').then((said) => Promise.reject(new Error(String(said)))),
    ),
  ).toBe('ended')
}

it('workers that die after any command of a move change nothing of it', async () => {
  let deaths = 0
  for (let diesAfter = 0; ; diesAfter++) {
    const one = await world(1)
    one.server.diesAfter = one.server.commands + diesAfter
    expect(await until(one, carry(one, 'x'))).toBe('done')
    await one.server.settled()
    const hasDied = one.server.commands > one.server.diesAfter
    if (!hasDied) break
    deaths += 1
    await expectMoved(one)
  }
  expect(deaths).toBeGreaterThan(150)
})

it('a mover who is killed before or after any of its calls is followed by one who ends the move', async () => {
  let kills = 0
  for (let left = 0; ; left++) {
    const one = await world(2)
    // What it has heard by that name it hears once more where it goes.
    void one.here.tell(`token-${OTHER}`, 'settle', SETTLEMENT, 'token')
    await one.server.settled()
    one.here.calls = one.there.calls
    one.here.calls.left = left
    const first = await until(one, carry(one, 'x'))
    one.here.calls.left = Number.POSITIVE_INFINITY
    expect([one.here.isLive(ROOT), one.there.isLive(ROOT)].filter(Boolean).length).toBeLessThanOrEqual(1)
    if (first === 'done') break
    expect(first).toBe(KILLED)
    kills += 1
    const second = await until(one, carry(one, 'y'))
    expect(['done', 'RUN_MOVED']).toContain(second)
    await one.server.settled()
    await expectMoved(one)
  }
  expect(kills).toBeGreaterThan(30)
})

it('a run does not leave while the end of a child is on its way to its parent', async () => {
  const one = await world(4)
  one.server.slowWay = `${CHILD} to ${ROOT}`
  // Known to have ended, and its parent does not know yet.
  void one.here.say(CHILD, `${CHILD}-end`)
  while (one.here.row(CHILD)?.status !== 'done') await one.server.step()
  expect(one.here.got(ROOT)).toEqual([])
  expect(await until(one, carry(one, 'x'))).toBe('done')
  await one.server.settled()
  expect([...one.here.got(ROOT), ...one.there.got(ROOT)]).toEqual([`${CHILD}!ended`])
  expect(one.there.row(CHILD)?.status).toBe('done')
})

it('pages of a mover who was killed, and that come late, change nothing; and what is not whole is not let go on', async () => {
  const one = await world(3)
  const { server, there } = one
  const run = { root: ROOT, pids: [ROOT] }
  const asked = async (
    service: 'mailbox' | 'arrival',
    key: string,
    method: string,
    input: unknown,
  ): Promise<unknown> => {
    const answer = server.ask({ service: there.names[service], key, method }, input)
    await server.settled()
    return answer
  }
  expect(await asked('arrival', 'x', 'open', run)).toEqual({ attempt: 1 })
  expect(await asked('mailbox', ROOT, 'start', { request: startOf(ROOT), at: 1 }), 'it is on its way').toEqual({
    result: 'duplicate',
  })
  expect(await asked('arrival', 'x', 'open', run)).toEqual({ attempt: 2 })
  const page = (attempt: number, id: string, isFirst: boolean): unknown => ({
    id: 'x',
    attempt,
    isFirst,
    mail: [],
    seen: [[id, 1]],
  })
  await asked('mailbox', ROOT, 'receive', page(2, 'new', true))
  await asked('mailbox', ROOT, 'receive', page(1, 'old', true))
  const state = server.stateOf(there.names.mailbox, ROOT)
  expect([state.has('s/new'), state.has('s/old')]).toEqual([true, false])
  expect(await asked('arrival', 'x', 'settle', { attempt: 2, waits: [{ pid: ROOT, waits: [] }] })).toMatchObject({
    refused: { code: 'ENGINE_REFUSED' },
  })
  expect(
    await asked('mailbox', ROOT, 'control', { control: { id: 'stop', type: 'cancel', reason: '', by: 'a' }, at: 2 }),
  ).toBe('queued')
  expect(await asked('arrival', 'x', 'refuse', null)).toBe(true)
  expect(state.get('tombstone'), 'a cancel that came meanwhile stays').toMatchObject({ control: { id: 'stop' } })
  expect([...state.keys()]).not.toContain('row')
  expect(await asked('arrival', 'x', 'open', run)).toMatchObject({ refused: { code: 'RUN_ALREADY_THERE' } })
})

/** As `skein move` does it: what is refused goes back. */
async function moveOnce(one: World, id: string): Promise<void> {
  const { here, there } = one
  const run: MovedRun = await here.moves.depart(ROOT, { id, target: 'there', by: 'ann' })
  try {
    await there.moves.arrive(run)
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== 'RUN_ALREADY_THERE') throw thrown
    if (await there.moves.refuse(run.id)) {
      await here.moves.arrive({ ...run, id: backOf(run.id) })
      throw thrown
    }
  }
  await here.moves.confirm(ROOT)
}

type Told = { readonly pid: Pid; readonly id: string; readonly said: string }

/** Something that comes for one of the processes, at some moment. */
async function disturb({ here }: World, draw: Random, i: number): Promise<Told | undefined> {
  const pid = [ROOT, CHILD, OTHER][Math.floor(draw.next() * 3)]!
  const id = `${pid}-${i}`
  const told = async (answer: Promise<unknown>): Promise<Told> => ({ pid, id, said: String(await answer) })
  switch (Math.floor(draw.next() * 7)) {
    case 0:
      return told(here.stop(pid, id))
    case 1:
      return told(here.say(pid, id, 'later'))
    case 2: {
      const said = await here.tell(`token-${pid}`, 'settle', SETTLEMENT, 'token')
      return { pid, id: 'settle/', said: String(said) }
    }
    case 3:
      return pid === CHILD ? { ...(await told(here.say(pid, `${pid}-end`))), id: `${pid}-end` } : undefined
    case 4:
      await here.tell(pid, 'due', { at: 4 })
      return undefined
    case 5:
      await here.tell(pid, 'switched', { now: false, at: 4 })
      return undefined
    default:
      return told(here.say(pid, id))
  }
}

/** A move with all that may come between; what senders were told. */
async function troubled(
  seed: number,
): Promise<World & { readonly told: readonly Told[]; readonly moves: readonly unknown[] }> {
  const draw = drawn(seed)
  const one = await world(seed)
  if (draw.next() < 0.25) {
    one.there.onWake = () => undefined
    void one.there.tell(CHILD, 'start', { request: { ...startOf(CHILD), root: CHILD }, at: 1 })
    await one.server.settled()
  }
  one.server.diesAfter = one.server.commands + Math.floor(draw.next() * 900)
  one.here.calls = one.there.calls
  const told: Told[] = []
  const disturbances = Array.from({ length: 10 }, async (_, i) => {
    // Spread over the move: after so many turns of others.
    for (let wait = Math.floor(draw.next() * 60); wait > 0; wait--)
      await new Promise((resolve) => setImmediate(resolve))
    const answer = await disturb(one, draw, i)
    if (answer !== undefined) told.push(answer)
  })
  const moves: unknown[] = []
  for (let i = 0; i < 6 && moves.at(-1) !== 'done'; i++) {
    one.here.calls.left = draw.next() < 0.5 ? Math.floor(draw.next() * 60) : Number.POSITIVE_INFINITY
    moves.push(await until(one, moveOnce(one, `move-${i}`)))
  }
  one.here.calls.left = Number.POSITIVE_INFINITY
  if (moves.at(-1) === KILLED) moves.push(await until(one, moveOnce(one, 'last')))
  await until(one, Promise.all(disturbances))
  await one.server.settled()
  return { ...one, told, moves }
}

const isOf = (one: Told | string, pid: Pid, id: string): boolean => {
  const [whose, name] = typeof one === 'string' ? [pid, one] : [one.pid, one.id]
  return whose === pid && (id === 'settle/' ? name.startsWith(id) : name === id)
}

it('what was told to be queued is with the process, once, wherever that is; and it is somewhere', async () => {
  const ends = new Map<unknown, number>()
  for (let seed = 0; seed < 400; seed++) {
    const one = await troubled(seed)
    const { here, there, told, moves, offences } = one
    const end = moves.at(-1)
    ends.set(end, (ends.get(end) ?? 0) + 1)
    const about = `seed ${seed}: ${moves.join(', ')}`
    const isOwn = there.row(ROOT) !== undefined
    expect([here.isLive(ROOT), isOwn && there.isLive(ROOT)].filter(Boolean), about).toHaveLength(1)
    expect(offences, about).toEqual([])
    expect(
      [here, there].flatMap((place) => [ROOT, CHILD, OTHER].map((pid) => place.row(pid)?.held)).filter(Boolean),
      about,
    ).toEqual([])
    expect(
      [here, there].flatMap((place) => [ROOT, CHILD, OTHER].flatMap((pid) => place.unheard(pid))),
      about,
    ).toEqual([])
    const got = new Map([ROOT, CHILD, OTHER].map((pid) => [pid, [...here.got(pid), ...there.got(pid)]]))
    const queued = told.filter(({ said }) => said === 'queued')
    for (const { pid, id } of queued) {
      // To who has ended by itself a settlement comes too late; a token that is waited for anew may be settled anew.
      if (id === 'settle/' && [here, there].some((place) => place.row(pid)?.status === 'done')) continue
      const [times, often] = [got.get(pid)!, queued].map((all) => all.filter((it) => isOf(it, pid, id)).length)
      expect(times, `${about}: ${id} of ${pid}`).toBe(often)
    }
    const hasEnded =
      got.get(CHILD)!.includes(`${CHILD}-end`) && [here, there].some((place) => place.row(CHILD)?.status === 'done')
    if (hasEnded)
      expect(
        got.get(ROOT)!.filter((id) => id === `${CHILD}!ended`),
        about,
      ).toHaveLength(1)
  }
  expect([...ends.keys()].toSorted()).toEqual(['RUN_ALREADY_THERE', 'done'])
})
