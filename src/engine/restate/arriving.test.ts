/** What happens at the place where a run arrives, while it does: erasures, messages, cancels, refusals and starts of the same name. */
import { describe, expect, it } from 'vitest'
import type { Pid } from '../../std/index.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { memoryBlobs } from '../memory/memory-blobs.ts'
import { backOf } from '../move/at-rest.ts'
import type { MovedRun } from '../move/moved-run.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { frameKey } from './open-journal.ts'
import { PlayedServer } from './played-server.fixture.ts'
import { CHILD, drawn, OTHER, Place, ROOT, SETTLEMENT, startOf } from './played-place.fixture.ts'
import type { Started } from './wire.ts'

const RUN = [ROOT, CHILD, OTHER] as const

/** Two installations, and a run of three waits in the first one. */
async function world(seed: number, store?: BlobStore) {
  const server = new PlayedServer(drawn(seed))
  const [here, there] = [new Place(server, 'here'), new Place(server, 'there', store)]
  for (const [pid, parent] of [[ROOT], [CHILD, ROOT], [OTHER, ROOT]] as const)
    void here.tell(pid, 'start', { request: startOf(pid, parent), at: 1 })
  await server.settled()
  return { server, here, there }
}

type World = Awaited<ReturnType<typeof world>>

/** Turns of a server in which nothing moves, after which nothing ever will. */
const IDLE_MAX = 1_000

/** What something comes to, when nothing moves any more; an error's code. */
async function outcome({ server }: Pick<World, 'server'>, doing: Promise<unknown>): Promise<unknown> {
  const over: unknown[] = []
  const ended = doing.then(
    (value) => value ?? 'done',
    (thrown: Error & { code?: string }) => thrown.code ?? thrown.message,
  )
  void ended.then((how) => over.push(how))
  for (let idle = 0; over.length === 0; idle++) {
    if (idle > IDLE_MAX) return 'hangs'
    await server.settled()
  }
  return over[0]
}

async function departed(one: World, from: Place, id: string): Promise<MovedRun> {
  const target = from === one.here ? 'there' : 'here'
  return (await outcome(one, from.moves.depart(ROOT, { id, target, by: 'ann' }))) as MovedRun
}

async function moved(one: World, [from, to]: readonly [Place, Place], id: string): Promise<void> {
  const run = await departed(one, from, id)
  expect(await outcome(one, to.moves.arrive(run))).toBe('done')
  expect(await outcome(one, from.moves.confirm(ROOT, run.id))).toBe('done')
}

/** As much as it takes until the mover is killed: after so many calls of it. */
async function arriveInPart(one: World, to: Place, { run, calls }: { run: MovedRun; calls: number }): Promise<boolean> {
  to.calls = { left: 2 * calls }
  const how = await outcome(one, to.moves.arrive(run))
  to.calls = { left: Number.POSITIVE_INFINITY }
  await one.server.settled()
  return how !== 'done'
}

/** Whether it was started in the end, by somebody who asks again each time that it is turned away. */
async function startUntilQueued(place: Place, pid: Pid): Promise<boolean> {
  const request = { ...startOf(pid), root: pid }
  for (let tries = 0; tries < 40; tries++) {
    const { result } = (await place.tell(pid, 'start', { request, at: 1 })) as Started
    if (result === 'queued') return true
  }
  return false
}

/** All that lies of these processes in a place, but when it was touched. */
function all({ server }: World, place: Place): unknown {
  return RUN.flatMap((pid) =>
    [place.names.mailbox, place.names.process].map((service) => [
      pid,
      ...[...server.stateOf(service, pid)].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  )
}

/** A move back after each number of calls of the mover, until that is all of them. */
async function eachBreak(at: (calls: number) => Promise<boolean>): Promise<void> {
  let calls = 1
  while (await at(calls)) calls += 1
  expect(calls).toBeGreaterThan(10)
}

describe('an erasure', () => {
  it('of a process that comes back is refused, and hurts nothing of what comes', async () => {
    await eachBreak(async (calls) => {
      const one = await world(11)
      const { server, here, there } = one
      await moved(one, [here, there], 'x')
      const run = await departed(one, there, 'y')
      const isBroken = await arriveInPart(one, here, { run, calls })
      const how = isBroken ? 'RUN_NOT_AT_REST' : 'PROCESS_NOT_ENDED'
      for (const pid of RUN) expect(await outcome(one, here.erase(pid)), `after ${calls} calls`).toBe(how)
      expect(await outcome(one, here.moves.arrive(run))).toBe('done')
      for (const pid of RUN) {
        expect(here.row(pid)).toMatchObject({ status: 'waiting' })
        expect(here.row(pid)?.erased).toBeUndefined()
        const [came, was] = [here, there].map(({ names }) => server.stateOf(names.process, pid))
        expect(came!.get(frameKey(0))).toEqual(was!.get(frameKey(0)))
        expect(came!.has(frameKey(1))).toBe(false)
      }
      return isBroken
    })
  })

  it('that was broken off keeps its names until it is ended, and the run stays where it is', async () => {
    const one = await world(12)
    const { here, there } = one
    await moved(one, [here, there], 'x')
    expect(await outcome(one, here.tell(CHILD, 'erase', { at: 9, by: 'ann', whole: false }))).toBe('erased')
    const run = await departed(one, there, 'y')
    expect(await outcome(one, here.moves.arrive(run))).toBe('RUN_ALREADY_THERE')
    expect(await outcome(one, there.moves.arrive({ ...run, id: backOf(run.id) }))).toBe('done')
    expect(await outcome(one, here.erase(CHILD))).toMatchObject({ blobs: 0 })
    await moved(one, [there, here], 'z')
    expect(here.row(CHILD)).toMatchObject({ status: 'waiting' })
  })
})

describe('a refusal', () => {
  it('leaves nothing behind of a run that came for the first time, and loses nothing that was said to be queued', async () => {
    await eachBreak(async (calls) => {
      const one = await world(13)
      const { server, here, there } = one
      void here.say(CHILD, 'heard', 'later')
      await server.settled()
      const run = await departed(one, here, 'x')
      const isBroken = await arriveInPart(one, there, { run, calls })
      if (!isBroken) return false
      for (const pid of RUN) expect(await outcome(one, there.say(pid, 'meanwhile'))).toBe('unknown')
      expect(await outcome(one, there.moves.refuse('x'))).toBe(true)
      for (const pid of RUN)
        for (const service of [there.names.mailbox, there.names.process])
          expect([...server.stateOf(service, pid).keys()], `after ${calls} calls`).toEqual([])
      // Somebody of that name, later: what is said to it is no duplicate of what another has heard.
      void there.tell(CHILD, 'start', { request: { ...startOf(CHILD), root: CHILD }, at: 1 })
      await server.settled()
      expect(await outcome(one, there.say(CHILD, 'heard'))).toBe('queued')
      expect(await outcome(one, here.moves.arrive({ ...run, id: backOf('x') }))).toBe('done')
      expect(here.row(CHILD)).toMatchObject({ status: 'waiting' })
      return true
    })
  })

  it('leaves what had left there before as it was', async () => {
    await eachBreak(async (calls) => {
      const one = await world(14)
      const { here, there } = one
      await moved(one, [here, there], 'x')
      void there.say(CHILD, 'there')
      for (const pid of RUN) await outcome(one, here.erase(pid))
      await one.server.settled()
      const before = all(one, here)
      const run = await departed(one, there, 'y')
      const isBroken = await arriveInPart(one, here, { run, calls })
      if (!isBroken) return false
      expect(await outcome(one, here.moves.refuse('y'))).toBe(true)
      expect(all(one, here), `after ${calls} calls`).toEqual(before)
      return true
    })
  })

  it.each([
    ['rests', false],
    ['runs on', true],
  ])('takes nothing from who is started meanwhile and %s, though it is killed at any command', async (_, isBusy) => {
    const ends = new Map<string, number>()
    for (let after = 0; ; after++) {
      const one = await world(16 + after)
      const { server, here, there } = one
      const run = await departed(one, here, 'x')
      // All but its settling.
      expect(await arriveInPart(one, there, { run, calls: 13 })).toBe(true)
      for (const pid of RUN) expect(server.stateOf(there.names.process, pid).has('head')).toBe(true)
      there.isBusy = isBusy
      server.kills = { service: there.names.arrival, after }
      const starts = Promise.all(RUN.map((pid) => startUntilQueued(there, pid)))
      const first = String(await outcome(one, there.moves.refuse('x')))
      const isKilled = server.kills === undefined
      server.kills = undefined
      await outcome(one, starts)
      const last = isKilled ? String(await outcome(one, there.moves.refuse('x'))) : first
      expect(last, `killed after ${after}`).toBe('true')
      ends.set(first, (ends.get(first) ?? 0) + 1)
      await server.settled()
      const started = await starts
      for (const [i, pid] of RUN.entries()) {
        const journal = server.stateOf(there.names.process, pid)
        const what = `${pid}, killed after ${after}`
        expect([journal.has('head'), journal.has(frameKey(0)), there.woken.includes(pid)], what).toEqual(
          Array.from({ length: 3 }, () => started[i]),
        )
        expect(journal.has('arriving'), what).toBe(false)
      }
      if (!isKilled) break
    }
    expect(ends.get('true')).toBe(1)
    expect(ends.get('killed at the server')).toBeGreaterThan(10)
  })

  it('that was killed, and whose move is asked for again, takes nothing from who was started by one of the names', async () => {
    const ends = new Set<string>()
    for (let after = 0; ; after++) {
      const one = await world(70 + after)
      const { server, here, there } = one
      const run = await departed(one, here, 'x')
      expect(await arriveInPart(one, there, { run, calls: 13 })).toBe(true)
      there.isBusy = true
      server.kills = { service: there.names.arrival, after }
      const start = startUntilQueued(there, CHILD)
      await outcome(one, there.moves.refuse('x'))
      const isStarted = (await outcome(one, start)) === true
      if (server.kills !== undefined) break
      const how = await outcome(one, there.moves.arrive(run))
      ends.add(String(how))
      const journals = RUN.map((pid) => server.stateOf(there.names.process, pid))
      const stands = [how, ...journals.map((journal) => [journal.has('head'), journal.has('arriving')])]
      const others = [!isStarted, false]
      const end = isStarted ? 'RUN_ALREADY_THERE' : 'done'
      expect(stands, `killed after ${after}`).toEqual([end, others, [true, false], others])
    }
    expect(ends).toEqual(new Set(['done', 'RUN_ALREADY_THERE']))
  })

  it('leaves no payloads of what came, and all that journals name which were there', async () => {
    const store = memoryBlobs()
    const one = await world(18, store)
    const { server, here, there } = one
    await moved(one, [here, there], 'x')
    await moved(one, [there, here], 'y')
    const [came, named] = ['came', 'named'].map((text) => ({ sha256: nodeHash.sha256(text), text }))
    const journal = server.stateOf(there.names.process, CHILD)
    const payloads = JSON.stringify([['salt', named!.sha256, named!.text.length]])
    journal.set(frameKey(0), { ...(journal.get(frameKey(0)) as object), payloads })
    const run = await departed(one, here, 'z')
    expect(await arriveInPart(one, there, { run, calls: 13 })).toBe(true)
    await there.blobs.put(CHILD, [came!, named!], new AbortController().signal)
    await there.blobs.put(OTHER, [came!], new AbortController().signal)
    expect(await outcome(one, there.moves.refuse('z'))).toBe(true)
    const left: string[] = []
    for await (const name of store.names('')) left.push(name.split('-').at(-1)!)
    expect(left).toEqual([named!.sha256])
  })

  it('does not cost a run that had left, and of whose move nobody knows the end', async () => {
    const one = await world(15)
    const { here, there } = one
    const run = await departed(one, here, 'x')
    // Of the same names, from elsewhere.
    expect(await outcome(one, here.moves.arrive({ ...run, id: 'other' }))).toBe('RUN_ALREADY_THERE')
    const again = await departed(one, here, 'again')
    expect(await outcome(one, there.moves.arrive(again))).toBe('done')
    expect(await outcome(one, here.moves.confirm(ROOT, again.id))).toBe('done')
    expect(there.row(CHILD)).toMatchObject({ status: 'waiting' })
  })
})

it('what is told a run while it arrives is heard by it once, or its sender knows that it was not', async () => {
  let arrivals = 0
  for (let seed = 0; seed < 60; seed++) {
    const one = await world(seed)
    const { server, here, there } = one
    const draw = drawn(seed + 1_000)
    const run = await departed(one, here, 'x')
    server.diesAfter = server.commands + Math.floor(draw.next() * 300)
    const told: { pid: Pid; id: string; said: unknown }[] = []
    const disturbances = Array.from({ length: 12 }, async (_, i) => {
      for (let wait = Math.floor(draw.next() * 120); wait > 0; wait--)
        await new Promise((resolve) => setImmediate(resolve))
      const [pid, id] = [RUN[Math.floor(draw.next() * 3)]!, `told-${i}`]
      const how = draw.next()
      if (how < 0.15) return void (await there.tell(`token-${pid}`, 'settle', { ...SETTLEMENT, hold: true }, 'token'))
      told.push({ pid, id, said: await (how < 0.3 ? there.stop(pid, id) : there.say(pid, id)) })
    })
    const how = await outcome(one, there.moves.arrive(run))
    await outcome(one, Promise.all(disturbances))
    await server.settled()
    // A cancel that came before anything stands there already.
    const isTaken = how === 'RUN_ALREADY_THERE' && told.some(({ said }) => said === 'queued')
    expect(isTaken ? 'done' : how).toBe('done')
    if (isTaken) continue
    arrivals += 1
    for (const { pid, id, said } of told) {
      const times = there.got(pid).filter((one) => one === id).length
      expect(times, `seed ${seed}: ${id} of ${pid}, ${String(said)}`).toBe(said === 'queued' ? 1 : 0)
    }
    for (const pid of RUN) expect([there.row(pid)?.held, there.unheard(pid)]).toEqual([undefined, []])
  }
  expect(arrivals).toBeGreaterThan(30)
})

it('an arrival that is killed at any command goes on, and asks nothing of who runs already', async () => {
  let kills = 0
  for (let after = 0; ; after++) {
    const one = await world(40 + after)
    const { server, here, there } = one
    there.isBusy = true
    const run = await departed(one, here, 'x')
    server.kills = { service: there.names.arrival, after }
    const first = await outcome(one, there.moves.arrive(run))
    const isKilled = server.kills === undefined
    server.kills = undefined
    expect(first).toBe(isKilled ? 'killed at the server' : 'done')
    for (const pid of RUN) await outcome(one, there.say(pid, 'early'))
    await server.settled()
    expect(await outcome(one, there.moves.arrive(run)), `killed after ${after}`).toBe('done')
    for (const pid of RUN) await outcome(one, there.say(pid, 'late'))
    await server.settled()
    for (const pid of RUN) {
      expect(there.row(pid)?.held).toBeUndefined()
      expect(there.woken.filter((one) => one === pid)).toHaveLength(1)
    }
    if (!isKilled) break
    kills += 1
  }
  expect(kills).toBeGreaterThan(20)
})
