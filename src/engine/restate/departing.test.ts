/** Runs that leave, against a server that is played here: what stands in their way is found while all of them can still stay. */
import { expect, it, vi } from 'vitest'
import type { SealedFrame } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import { CLOCK_OFF_MS_MAX, REQUEST_TIMEOUT_MS_DEFAULT } from './limits.ts'
import { frameKey } from './open-journal.ts'
import { PlayedServer } from './played-server.fixture.ts'
import { CHILD, drawn, OTHER, Place, ROOT, startOf } from './played-place.fixture.ts'

const RUN = [ROOT, CHILD, OTHER]
const ABOUT = { id: 'x', target: 'there', by: 'ann' }
const SHA = 'a'.repeat(64)

/** A run of three that waits. */
async function world() {
  const server = new PlayedServer(drawn(7))
  const [here, there] = [new Place(server, 'here'), new Place(server, 'there')]
  for (const [pid, parent] of [[ROOT], [CHILD, ROOT], [OTHER, ROOT]] as const)
    void here.tell(pid, 'start', { request: startOf(pid, parent), at: 1 })
  await server.settled()
  return { server, here, there }
}

type World = Awaited<ReturnType<typeof world>>

/** What it came to, when nothing moves any more. */
async function ended<T>({ server }: World, doing: Promise<T>): Promise<T> {
  const over: boolean[] = []
  const close = (): void => void over.push(true)
  void doing.then(close, close)
  while (over.length === 0) await server.settled()
  await server.settled()
  return doing
}

const codeOf = (doing: Promise<unknown>): Promise<string> =>
  doing.then(
    () => 'done',
    (thrown: Error & { code?: string }) => thrown.code ?? thrown.message,
  )

const depart = (one: World, about = ABOUT): Promise<string> => codeOf(ended(one, one.here.moves.depart(ROOT, about)))

/** All are here, and wake for what comes. */
async function expectStays(one: World, about: string): Promise<void> {
  const { here } = one
  const stands = RUN.map((pid) => [here.row(pid)?.held, here.row(pid)?.left, here.isLive(pid)])
  expect(stands, about).toEqual(RUN.map(() => [undefined, undefined, true]))
  const before = here.woken.length
  expect(await ended(one, here.say(OTHER, `wake-${before}`)), about).toBe('queued')
  expect(here.woken.length, about).toBe(before + 1)
}

/** All have left, or none; none is held. */
function hasLeft({ here }: World, about: string): boolean {
  const gone = new Set(RUN.map((pid) => here.row(pid)?.left !== undefined))
  expect([gone.size, RUN.map((pid) => here.row(pid)?.held)], about).toEqual([1, RUN.map(() => undefined)])
  return gone.has(true)
}

const journalOf = ({ server, here }: World, pid: Pid): Map<string, unknown> => server.stateOf(here.names.process, pid)

function rewrite(one: World, pid: Pid, change: (frame: SealedFrame) => Partial<SealedFrame>): void {
  const state = journalOf(one, pid)
  const frame = state.get(frameKey(0)) as SealedFrame
  state.set(frameKey(0), { ...frame, ...change(frame) })
}

/** Its journal names a value that this mover cannot have. */
const lose = (one: World, pid: Pid): void => rewrite(one, pid, () => ({ payloads: JSON.stringify([['s', SHA, 9]]) }))

const pause = (one: World, to: 'on' | 'off'): Promise<unknown> => {
  const change = { target: `process:${OTHER}`, to, by: 'ann' }
  const asked = { service: one.here.names.settings, key: 'all', method: 'change' }
  return ended(one, one.server.ask(asked, { change, at: 1 }))
}

it('a run does not leave with a value that whoever moves it cannot have, of one that has ended neither', async () => {
  const one = await world()
  await ended(one, one.here.say(CHILD, `${CHILD}-end`))
  expect(one.here.row(CHILD)?.status).toBe('done')
  lose(one, CHILD)
  expect(await depart(one)).toBe('BLOBS_ABSENT')
  await expectStays(one, 'it was not touched')
})

it('one that has left, and lost what it needs, comes home without its luggage', async () => {
  const one = await world()
  const { here, there } = one
  expect(await depart(one)).toBe('done')
  lose(one, ROOT)
  expect(await depart(one)).toBe('BLOBS_ABSENT')
  expect(await ended(one, here.moves.onTheWay(ROOT))).toEqual(ABOUT)
  expect(await ended(one, there.moves.refuse('x'))).toBe(true)
  await ended(one, here.moves.comeBack(ROOT, 'another'))
  expect(hasLeft(one, 'another move is not called off')).toBe(true)
  await ended(one, here.moves.comeBack(ROOT, 'x'))
  await expectStays(one, 'it is home')
  expect(await ended(one, here.moves.onTheWay(ROOT))).toBeUndefined()
})

it('a mover who is late confirms only his own move, and reads nothing of another', async () => {
  const one = await world()
  const { here, server } = one
  await depart(one)
  await ended(one, here.moves.comeBack(ROOT, 'x'))
  await ended(one, here.say(OTHER, 'in its mail', 'later'))
  const second = { ...ABOUT, id: 'y' }
  await depart(one, second)
  await ended(one, here.moves.confirm(ROOT, 'x'))
  await ended(one, here.moves.comeBack(ROOT, 'x'))
  for (const method of ['luggage', 'luggageMail', 'luggageSeen']) {
    const asked = { service: here.names.mailbox, key: OTHER, method }
    expect(await ended(one, server.ask(asked, { id: 'x', after: 0 })), method).toBeNull()
  }
  const run = await ended(one, here.moves.depart(ROOT, { ...ABOUT, id: 'z' }))
  expect(run.id).toBe('y')
  expect(run.processes.find(({ pid }) => pid === OTHER)?.mail).toHaveLength(1)
  await ended(one, here.moves.confirm(ROOT, 'y'))
  await ended(one, here.moves.comeBack(ROOT, 'y'))
  expect(hasLeft(one, 'confirmed, it does not come back')).toBe(true)
  expect(here.row(ROOT)?.left?.isConfirmed).toBe(true)
})

it('a child that no table shows yet goes along, by what the journal of its parent says', async () => {
  const one = await world()
  const { here, there } = one
  here.hidden.add(CHILD)
  const fact = { type: 'sent', key: 'c', id: 'c', to: CHILD, what: 'start' }
  rewrite(one, ROOT, ({ body }) => ({ body: JSON.stringify([...(JSON.parse(body) as unknown[]), fact]) }))
  const run = await ended(one, here.moves.depart(ROOT, ABOUT))
  expect(run.processes.map(({ pid }) => pid)).toContain(CHILD)
  await ended(one, there.moves.arrive(run))
  expect([here.isLive(CHILD), there.isLive(CHILD)]).toEqual([false, true])
})

it('a run does not leave without whom it has started since it was read, nor with a journal that has grown', async () => {
  const one = await world()
  one.here.hidden.add(CHILD)
  const rows = [{ sent: [{ type: 'start', key: 'c', request: startOf(CHILD, ROOT) }], waits: [], unwaits: [] }]
  const waits = journalOf(one, ROOT).get('waits') as object | undefined
  journalOf(one, ROOT).set('waits', { waits: [], ...waits, rows })
  expect(await depart(one)).toBe('RUN_NOT_AT_REST')
  await expectStays(one, 'it has just begun')
  one.here.hidden.clear()
  // Read before its first frame was there.
  const headOf = vi.spyOn(one.here.moves, 'headOf').mockResolvedValue(null)
  expect(await depart(one)).toBe('RUN_NOT_AT_REST')
  await expectStays(one, 'it has just run')
  headOf.mockRestore()
  expect(await depart(one)).toBe('done')
})

it('a departure that nobody waits for any more takes nothing away, whenever its time is over', async () => {
  for (const looks of [0, 1]) {
    const one = await world()
    let left = looks
    one.server.now = () => (left-- > 0 ? 1_000 : Date.now() + 2 * (REQUEST_TIMEOUT_MS_DEFAULT + CLOCK_OFF_MS_MAX))
    expect(await depart(one), `after ${looks}`).toBe('RUN_NOT_AT_REST')
    await expectStays(one, `after ${looks}`)
  }
})

it('a departure that is killed by force leaves nothing half: it stays, or has left, as soon as anybody asks', async () => {
  const ends = new Map<string, number>()
  for (let after = 0; ; after++) {
    const one = await world()
    one.server.kills = { service: one.here.names.departure, after }
    if ((await depart(one)) === 'done') break
    const about = `killed after ${after}`
    await pause(one, 'off')
    const second = await depart(one, { ...ABOUT, id: 'y' })
    ends.set(second, (ends.get(second) ?? 0) + 1)
    expect(hasLeft(one, about), about).toBe(second === 'done')
    await pause(one, 'on')
    if (second !== 'done') await expectStays(one, about)
  }
  expect([...ends.keys()].toSorted()).toEqual(['RUN_NOT_AT_REST', 'done'])
})

it('one that was killed is called off, however far it was', async () => {
  let calledOff = 0
  for (let after = 0; ; after++) {
    const one = await world()
    one.server.kills = { service: one.here.names.departure, after }
    if ((await depart(one)) === 'done') break
    const way = await ended(one, one.here.moves.onTheWay(ROOT))
    if (way !== undefined) await ended(one, one.here.moves.comeBack(ROOT, way.id))
    calledOff += way === undefined ? 0 : 1
    await expectStays(one, `killed after ${after}`)
  }
  expect(calledOff).toBeGreaterThan(10)
})

it('one that was killed while it came back has come back as soon as anybody asks', async () => {
  let kills = 0
  for (let after = 0; ; after++) {
    const one = await world()
    await depart(one)
    one.server.kills = { service: one.here.names.departure, after }
    if ((await codeOf(ended(one, one.here.moves.comeBack(ROOT, 'x')))) === 'done') break
    kills += 1
    // Before it has noted what it does, nothing has come back.
    const about = { ...ABOUT, id: 'y', target: 'elsewhere' }
    // Who had read nothing of it, as it was away, is told to read it now.
    const first = await depart(one, about)
    if (first === 'RUN_NOT_AT_REST') await expectStays(one, `killed after ${after}`)
    const second = first === 'RUN_NOT_AT_REST' ? await depart(one, about) : first
    const has = second === 'RUN_MOVED' ? 'x' : 'y'
    expect(hasLeft(one, `killed after ${after}`)).toBe(true)
    expect(RUN.map((pid) => one.here.row(pid)?.left?.id)).toEqual(RUN.map(() => has))
    expect(['done', 'RUN_MOVED']).toContain(second)
  }
  expect(kills).toBeGreaterThan(10)
})
