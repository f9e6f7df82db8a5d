/** The handler of a process against a server that is played here, and that ends it by force after any of its commands. */
import { expect, it } from 'vitest'
import type { Outgoing, SealedFrame, Wait } from '../../kernel/index.ts'
import { asEffectKey, asEpoch, asMessageId, asOwnerId, asPid, asSeq } from '../../std/index.ts'
import { nodeHash } from '../platform/node-hash.ts'
import type { OpenJournal } from './open-journal.ts'
import { waitsOf } from './open-journal.ts'
import { processObject } from './process-object.ts'
import type { Residence } from './residence.ts'
import type { Exclusive, Sdk } from './sdk.ts'
import type { Batch, FrameRow, Head, MailSignal, Openings, RunOrder } from './wire.ts'
import { namesOf } from './wire.ts'

const pid = asPid('p')
const payload = { text: '1', salt: '' } as unknown as Extract<Outgoing, { type: 'message' }>['message']['body']
const key = asEffectKey('k')
const wait: Wait = { key, on: { kind: 'pending', token: 't', actual: {} } }

const row = (n: number, about: Partial<FrameRow>): FrameRow => ({
  sealed: {
    pid,
    n,
    epoch: asEpoch(1),
    hash: `h${n}`,
    lastSeq: asSeq(n),
    body: '',
    payloads: '',
  } as unknown as SealedFrame,
  sent: [],
  waits: [],
  unwaits: [],
  consumed: [],
  ...about,
})

/** Frames that send something of every kind. */
const FRAMES: readonly FrameRow[] = [
  row(0, {
    sent: [{ type: 'message', key, message: { id: asMessageId('m'), to: asPid('other'), from: pid, body: payload } }],
  }),
  row(1, {
    waits: [wait],
    sent: [{ type: 'start', key: asEffectKey('c'), request: { pid: asPid('child') } as never }],
  }),
  row(2, {
    sent: [{ type: 'control', to: asPid('child'), control: { id: 'c', type: 'cancel', reason: '', by: 'p' } }],
  }),
  row(3, { unwaits: [key], consumed: [{ seq: 1 }] }),
]
/** Which frame each kind of sending follows from. */
const FRAME_OF: Readonly<Record<string, number>> = { put: 0, start: 1, opened: 1, control: 2 }

class NoMore extends Error {}

type State = Map<string, unknown>
type Said = { readonly method: string; readonly key: string }

/** Whoever was cut off. */
const cutOff: string[] = []
/** What was asked of whom last. */
const asked: string[] = []

/** Who was dropped. */
const lost: string[] = []

/** What whoever runs the process has heard. */
const heard: MailSignal[] = []

/** How an activation begins: its beginning is kept first, goes with frames, or waits for them until mail comes. */
type Beginning = 'alone' | 'with frames' | 'after mail'

/** Gives the rest of the frames, two at a time, and then the end. */
function residenceOf(journal: OpenJournal, how: Beginning, owner: string): Residence {
  const { n } = journal.head
  const { promise: mailed, resolve: hear } = Promise.withResolvers<void>()
  if (how !== 'after mail') hear()
  const batches: Batch[] = []
  for (let at = n; at < FRAMES.length; at += 2) batches.push({ at: 1, frames: FRAMES.slice(at, at + 2) })
  const rest = { end: { type: 'wait' }, at: 1, heardSeq: 0, firstSeq: 0 } as const
  batches.push({ at: 1, frames: [], rest })
  const first = how === 'alone' ? { at: 1, frames: [] } : batches.shift()!
  batches.unshift({ ...first, began: { owner: asOwnerId(owner), epoch: asEpoch(1) } })
  return {
    owner: asOwnerId(owner),
    isAhead: how !== 'alone',
    returned: Promise.resolve(),
    nextBatch() {
      asked.push('batch')
      return mailed.then(() => batches.shift()!)
    },
    durable() {},
    rested() {},
    sent() {},
    hear(signal: MailSignal) {
      heard.push(signal)
      hear()
    },
    lose: () => lost.push(owner),
    cutOff() {
      asked.push('cut off')
      cutOff.push(pid)
    },
  } as unknown as Residence
}

/** Who runs the process here: one after the other. */
function residencesOf(how: Beginning) {
  const residence: { current?: Residence; begun: number } = { begun: 0 }
  return {
    find: (owner: string) => (residence.current?.owner === owner ? residence.current : undefined),
    begin: async (journal: OpenJournal) => (residence.current = residenceOf(journal, how, `o${residence.begun++}`)),
  }
}

type About = {
  readonly over?: AbortController
  readonly blocked?: string
  readonly mail?: readonly MailSignal[]
  readonly order?: RunOrder
  readonly how?: Beginning
  /** Whose beginning the server has kept already, when the handler begins one. */
  readonly keptOf?: string
}

/** What a handler is given by a server that takes so many commands from it, and then ends it by force. */
function servedOf(state: State, said: Said[], commandsMax: number, about: About) {
  const { over = new AbortController(), blocked, mail = [], keptOf } = about
  let commands = 0
  let batches = 0
  const { promise: dead, resolve: die } = Promise.withResolvers<false>()
  const asPromise = <T>(promise: Promise<T>) =>
    Object.assign(promise, { map: <U>(to: (value: T) => U) => asPromise(promise.then(to)) })
  const never = <T>() => asPromise(new Promise<T>(() => {}))
  const command = <T>(act: () => T): T | undefined => {
    if (commands++ < commandsMax) return act()
    die(false)
    return undefined
  }
  const say = ({ method, key: to }: Said): unknown => {
    const frame = FRAME_OF[method]
    // What is not in the journal did not happen: nobody may hear of it.
    const isEarly = frame !== undefined && !state.has(`f/${String(frame).padStart(12, '0')}`)
    said.push({ method: isEarly ? `${method} too early` : method, key: to })
    return method === 'rest' ? true : 'queued'
  }
  const keep = (batch: Batch): Batch =>
    keptOf === undefined || batches++ > 0 ? batch : { ...batch, began: { epoch: asEpoch(1), owner: asOwnerId(keptOf) } }
  const ctx = {
    key: pid,
    request: () => ({ id: 'inv', attemptCompletedSignal: over.signal }),
    get: async (name: string) => structuredClone(state.get(name) ?? null),
    set: (name: string, value: unknown) => command(() => state.set(name, structuredClone(value))),
    clear: (name: string) => command(() => state.delete(name)),
    run: (_name: string, take: () => Promise<Batch>) =>
      asPromise(take().then((batch) => command(() => keep(batch)) ?? never<Batch>())),
    signal: (name: string) => {
      const signal = mail[Number(name.slice('mail/'.length))]
      return signal === undefined ? never() : asPromise(Promise.resolve(signal))
    },
    genericCall: (target: Said) => {
      if (target.method === blocked) return command(() => undefined) ?? never()
      const answer = command(() => ({ given: say(target) }))
      return answer === undefined ? never() : asPromise(Promise.resolve(answer.given))
    },
    genericSend: (target: Said) => command(() => say(target)),
  }
  return { ctx, dead }
}

/** One life of a handler over `state`; ended by force after so many commands. True when it has come to its end. */
async function live(state: State, said: Said[], commandsMax: number, about: About = {}): Promise<boolean> {
  const { ctx, dead } = servedOf(state, said, commandsMax, about)
  const sdk = {
    handlers: { object: { shared: (handler: unknown) => handler } },
    object: (definition: unknown) => definition,
    serde: {},
    TerminalError: NoMore,
    RestatePromise: { race: (all: readonly Promise<unknown>[]) => Promise.race(all) },
  }
  const parts = { residences: residencesOf(about.how ?? 'alone'), hash: nodeHash }
  const { handlers } = processObject(sdk as unknown as Sdk, namesOf('s'), parts) as unknown as {
    readonly handlers: { readonly run: (ctx: Exclusive, order: RunOrder) => Promise<void> }
  }
  const running = handlers.run(ctx as unknown as Exclusive, about.order ?? {})
  return Promise.race([running.then(() => true), dead])
}

const countOf = (said: readonly Said[], kind: string): number => said.filter(({ method }) => method === kind).length

it('R4: whoever comes to no end by force says everything once', async () => {
  const said: Said[] = []
  await live(new Map(), said, Infinity)
  expect(Object.keys(FRAME_OF).map((kind) => countOf(said, kind))).toEqual([1, 1, 1, 1])
})

it('R4: a start that a handler ended by force had in a blocked inbox is said again by the next one, once', async () => {
  const counts = new Set<number>()
  for (let first = 0; ; first++) {
    const state: State = new Map()
    const isOver = await live(state, [], first, { blocked: 'start' })
    if (isOver) break
    // One that has come to its end before was not ended by force in what matters here.
    if (!(state.get('head') as { isOpen?: boolean } | undefined)?.isOpen) continue
    const said: Said[] = []
    await live(state, said, Infinity)
    counts.add(countOf(said, 'start'))
  }
  expect([...counts]).toEqual([1])
})

it.each([
  ['before its frames', 'alone'],
  ['with the first of them', 'with frames'],
] as const)('R4: ended by force after any command, twice, it has sent what frames send; begun %s', async (_, how) => {
  const clean: Said[] = []
  expect(await live(new Map(), clean, Infinity, { how })).toBe(true)
  const kinds = Object.keys(FRAME_OF)
  expect(kinds.filter((kind) => !clean.some(({ method }) => method === kind))).toEqual([])
  let lives = 0
  for (let first = 0; ; first++) {
    const state: State = new Map()
    const said: Said[] = []
    if (await live(state, said, first, { how })) break
    for (let second = 0; ; second++) {
      const [again, saidAgain] = [structuredClone(state), [...said]]
      const isWhole = await live(again, saidAgain, second, { how })
      const hasEnded = isWhole || (await live(again, saidAgain, Infinity, { how }))
      lives += 1
      const missing = kinds.filter((kind) => !saidAgain.some(({ method }) => method === kind))
      const early = saidAgain.filter(({ method }) => method.endsWith('early'))
      expect([first, second, hasEnded, missing, early]).toEqual([first, second, true, [], []])
      // Once in each life at most: what is said twice is heard once, but not free.
      const often = kinds.filter((kind) => countOf(saidAgain, kind) > (isWhole ? 2 : 3))
      expect([first, second, often]).toEqual([first, second, []])
      expect(waitsOf(again.get('waits') as Openings, Infinity).size).toBe(0)
      expect(again.get('head')).toMatchObject({ n: FRAMES.length, consumed: [], isOpen: false })
      if (isWhole) break
    }
  }
  expect(lives).toBeGreaterThan(100)
})

it('an activation that was begun is cut off when its attempt ends before its beginning is durable', async () => {
  const over = new AbortController()
  const ended = await live(new Map(), [], 0, { over })
  over.abort()
  expect([ended, cutOff]).toEqual([false, [pid]])
})

it('an attempt that is over before it has begun anybody cuts off whom it begins, and takes nothing from them', async () => {
  asked.length = 0
  const over = new AbortController()
  over.abort()
  await expect(live(new Map(), [], 0, { over })).rejects.toThrow('is over')
  expect(asked).toEqual(['cut off'])
})

it('mail that comes while an activation is beginning, and may have read its mailbox, is heard by it', async () => {
  await live(new Map(), [], Infinity, {
    mail: [
      { seq: 1, switched: { now: true } },
      { seq: 2, event: {} as never },
    ],
  })
  expect(heard).toEqual([{ seq: 2, switched: { now: true } }])
})

it.each([
  ['knows whom it has asked for is not told of the first beginning', { isNew: true, isKnown: true }, 0],
  ['does not know that is told', { isNew: true }, 1],
])('a mailbox that %s', async (_, order, told) => {
  const said: Said[] = []
  const state: State = new Map()
  await live(state, said, Infinity, { order })
  expect([countOf(said, 'began'), (state.get('head') as Head).epoch]).toEqual([told, 1])
})

it('what an activation runs ahead of is not waited for by what stops it', async () => {
  heard.length = 0
  const isOver = await live(new Map(), [], Infinity, { how: 'after mail', mail: [{ seq: 1 }] })
  expect([isOver, heard]).toEqual([true, [{ seq: 1 }]])
})

it('what only somebody has heard whose beginning was not kept is heard once more by whoever goes on', async () => {
  heard.length = 0
  const mail = [{ seq: 1, switched: { now: true } }]
  const isOver = await live(new Map(), [], Infinity, { how: 'after mail', mail, keptOf: 'elsewhere' })
  expect([isOver, heard]).toEqual([true, [...mail, ...mail]])
})

it('whom an attempt has begun is dropped when the beginning of somebody else was kept', async () => {
  lost.length = 0
  const said: Said[] = []
  expect(await live(new Map(), said, Infinity, { keptOf: 'elsewhere' })).toBe(true)
  expect([lost, countOf(said, 'start')]).toEqual([['o0'], 1])
})
