/** Runs that leave and arrive, against a server that is played here: handlers and movers are ended after any command. */
import { expect, it } from 'vitest'
import type { Pid, Random } from '../../std/index.ts'
import { backOf } from '../move/at-rest.ts'
import type { MovedRun } from '../move/moved-run.ts'
import { frameKey } from './open-journal.ts'
import { PlayedServer } from './played-server.fixture.ts'
import { CHILD, drawn, KILLED, OTHER, Place, ROOT, SETTLEMENT, startOf } from './played-place.fixture.ts'

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
  await here.moves.confirm(ROOT, run.id)
  return run
}

/** Lets it run until nothing moves; what it came to. */
async function until({ server }: World, doing: Promise<unknown>): Promise<unknown> {
  const ended = doing.then(
    () => 'done',
    (thrown: Error & { code?: string }) => thrown.code ?? thrown.message,
  )
  const over: unknown[] = []
  void ended.then((how) => over.push(how))
  while (over.length === 0) await server.settled()
  return over[0]
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
    result: 'arriving',
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
  expect(await asked('arrival', 'x', 'settle', { attempt: 2, root: ROOT })).toMatchObject({
    refused: { code: 'RUN_NOT_AT_REST' },
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
  await here.moves.confirm(ROOT, run.id)
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
    const hasEnded = [here, there].some((place) => place.row(CHILD)?.status === 'done')
    const ended = got.get(ROOT)!.filter((id) => id === `${CHILD}!ended`)
    expect(ended.length, about).toBe(hasEnded ? 1 : 0)
  }
  expect(new Set(ends.keys())).toEqual(new Set(['RUN_ALREADY_THERE', 'done']))
})
