/** `skein move`: a run that rests goes to another engine, whole, and at no moment lives twice; broken off anywhere, it is gone on with. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, pending, tool, workflow } from 'skein'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openEmbedded, openPostgres, openRestate } from '../../src/engine/index.ts'
import type { Engine, JournalProblem } from '../../src/engine/index.ts'
import { callBack, moveRun } from '../../src/host/operate/move.ts'
import type { MoveEnd } from '../../src/host/operate/move.ts'
import { asMessageId, asPid } from '../../src/std/index.ts'
import { payloadOf } from '../../src/kernel/index.ts'
import { anything } from '../../src/testing/world/anything.ts'
import { gather } from '../../src/testing/simulation/gather.ts'
import { freePorts } from '../../src/testing/conformance/free-ports.ts'
import { postgresPrograms, restateProgram, startPostgres, startRestate } from '../../src/testing/index.ts'
import type { LocalPostgres, LocalRestate } from '../../src/testing/index.ts'

type End = Engine & MoveEnd & { verify(): AsyncIterable<JournalProblem> }
type Place = { readonly address: string; readonly open: () => Promise<End> }

const programs = hasPackage() ? postgresPrograms() : undefined
const program = restateProgram()
const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }
/** Larger than what a frame keeps. */
const LARGE = 'x'.repeat(200_000)
const STEPS_MAX = 40
const ROOT = asPid('order')
const scratch = mkdtempSync(join(tmpdir(), 'skein-move-'))
let server: LocalPostgres | undefined
let cluster: LocalRestate | undefined
let workerPorts: readonly number[] = []
let count = 0

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}

const KINDS = {
  folder: (): Place => {
    const address = join(scratch, `folder-${(count += 1)}`)
    return { address, open: () => openEmbedded({ folder: address, ...ports }) }
  },
  postgres: (): Place => {
    const schema = `place_${(count += 1)}`
    const connectionString = server!.url
    const address = `${connectionString}?schema=${schema}`
    return { address, open: () => openPostgres({ connectionString, schema, ...ports }) }
  },
  restate: (): Place => {
    const name = `place-${(count += 1)}`
    const { ingress, admin } = cluster!
    // The server calls what was under way at the address that it was called at.
    const port = workerPorts[count % workerPorts.length]!
    const address = `${ingress.replace('http', 'restate')}?name=${name}`
    return {
      address,
      open: async () => restingAtOnce(await openRestate({ ingress, admin, name, worker: { port }, ...ports })),
    }
  },
} as const

/** What waits is resident for half a minute, unless somebody else wants its place. */
function restingAtOnce<T extends End>(engine: T): T {
  const host = engine.host.bind(engine)
  return Object.assign(engine, {
    host: (run: Parameters<typeof host>[0], options?: Parameters<typeof host>[1]) =>
      host(run, { ...options, residentMax: 0 }),
  })
}

let paid: number[] = []
const pay = tool({
  name: 'pay',
  inputSchema: anything,
  execute: async (input) => {
    paid.push((input as { readonly n: number }).n)
    return { receipt: LARGE }
  },
})
const parcel = workflow({ name: 'parcel' }, async (ctx) => {
  await ctx.tool(pay, { n: 2 })
  return (await ctx.receive({ topic: 'street' })).body
})
const order = workflow({ name: 'order' }, async (ctx) => {
  const first = (await ctx.tool(pay, { n: 1 })) as { readonly receipt: string }
  const child = await ctx.spawn(parcel, undefined)
  const go = await ctx.receive({ topic: 'go' })
  await ctx.sleep(20)
  const last = await ctx.receive({ topic: 'last' })
  return [first.receipt.length, go.body, await child.result(), last.body]
})
const render = tool({ name: 'render', inputSchema: anything, execute: async () => pending('film', { expires: '1d' }) })
const agree = tool({ name: 'agree', inputSchema: anything, needsApproval: true, execute: async () => 'agreed' })
const ERRAND = asPid('errand')
const errand = workflow({ name: 'errand' }, async (ctx) => {
  await ctx.sleep(1_500)
  return [await ctx.tool(render, {}), await ctx.tool(agree, {})]
})
const workflows = [order, parcel, errand]
let [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
const slow = workflow({ name: 'slow' }, (ctx) =>
  ctx.step('sleep', async () => {
    begun.resolve()
    await goOn.promise
    return 'slept'
  }),
)

/** Runs what is there until nothing moves. */
async function hosted(place: Place, until: (end: End) => Promise<boolean>): Promise<void> {
  const engine = await place.open()
  await using skein = await open({ engine, models: {}, workflows })
  await skein.start(order, undefined, { id: 'order' })
  while (!(await until(engine))) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Where a worker has what runs, it is told when it rests. */
const rests = async (end: End): Promise<boolean> =>
  end.traits.endsLookMsMax === undefined ||
  (await gather(end.list({ root: ROOT }))).every(({ status }) => status !== 'ready' && status !== 'running')
const allWait = async (end: End): Promise<boolean> => {
  const run = await gather(end.list({ root: ROOT }))
  return run.length === 2 && run.every(({ waits }) => waits.length > 0) && (await rests(end))
}
const isLive = async (place: Place): Promise<boolean> => {
  await using end = await place.open()
  return (await end.present([ROOT])).length > 0
}
const said = async (end: Engine, to: string, topic: string): Promise<string> =>
  end.deliver({ id: asMessageId(`${topic}-1`), to: asPid(to), topic, body: payloadOf(topic) })

/** Cut off before its call number `at`, or right after it; the call itself is done or not done, as it would be by a kill. */
function cutOff<T extends MoveEnd>(end: T, steps: { left: number }): T {
  return new Proxy(end, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (!['depart', 'arrive', 'refuse', 'confirm', 'comeBack'].includes(String(name)))
        return member.bind(target) as unknown
      return async (...given: readonly unknown[]) => {
        if (steps.left-- <= 0) throw new Error('killed')
        const result = await (member as (...all: readonly unknown[]) => Promise<unknown>).apply(target, [...given])
        if (steps.left-- <= 0) throw new Error('killed')
        return result
      }
    },
  })
}

async function move(from: Place, to: Place, steps = { left: Number.POSITIVE_INFINITY }, root = ROOT): Promise<number> {
  await using source = await from.open()
  await using target = await to.open()
  const ends = { from: cutOff(source, steps), to: cutOff(target, steps), source: from.address, target: to.address }
  return await moveRun({ ...ends, by: 'ann', random: nodeRandom }, root)
}

type Kind = keyof typeof KINDS
const PAIRS: readonly (readonly [Kind, Kind])[] = [
  ['folder', 'folder'],
  ...(programs === undefined ? [] : ([['folder', 'postgres']] as const)),
  ...(program === undefined
    ? []
    : ([
        ['folder', 'restate'],
        ['restate', 'folder'],
        ['restate', 'restate'],
      ] as const)),
  ...(programs === undefined || program === undefined
    ? []
    : ([
        ['postgres', 'restate'],
        ['restate', 'postgres'],
      ] as const)),
]

beforeAll(async () => {
  if (programs !== undefined) server = await startPostgres(programs, { fsync: 'off' })
  if (program !== undefined) cluster = await startRestate(program)
  workerPorts = await freePorts(8)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
  rmSync(scratch, { recursive: true, force: true })
})

describe.each(PAIRS)('a run that moves, %s to %s', (here, there) => {
  it('lives in one place at most, wherever the move is broken off, and in one when it is asked for again', async () => {
    const [from, to] = [KINDS[here](), KINDS[there]()]
    await hosted(from, allWait)
    let cuts = 0
    for (let left = 0; left < STEPS_MAX; left++) {
      const ended = await move(from, to, { left }).catch((thrown: Error) => thrown.message)
      expect([await isLive(from), await isLive(to)].filter(Boolean).length, `cut at ${left}`).toBeLessThanOrEqual(1)
      if (ended !== 'killed') break
      cuts += 1
    }
    expect(cuts).toBeGreaterThan(4)
    expect([await isLive(from), await isLive(to)]).toEqual([false, true])
    {
      await using end = await from.open()
      expect(await end.unconfirmed(to.address)).toEqual([])
    }
    await expect(move(from, to), 'moved again, it is where it is').rejects.toMatchObject({ code: 'RUN_MOVED' })
    expect([await isLive(from), await isLive(to)]).toEqual([false, true])
  })

  it('goes there and back with its mail, its waits and its large values, and on to its end with nothing done twice', async () => {
    paid = []
    const [from, to] = [KINDS[here](), KINDS[there]()]
    await hosted(from, allWait)
    {
      await using end = await from.open()
      expect(await said(end, 'order', 'last'), 'early').toBe('queued')
    }
    expect(await move(from, to)).toBe(2)
    {
      await using end = await from.open()
      expect(await said(end, 'order', 'go')).toBe('ended')
      expect((await end.inspect(ROOT))?.result).toMatchObject({ type: 'error' })
    }
    {
      await using end = await to.open()
      expect(await said(end, 'order', 'last'), 'it remembers what it has heard').toBe('duplicate')
      expect(await said(end, 'order', 'go')).toBe('queued')
    }
    await hosted(to, async (end) => (await end.inspect(ROOT))?.mailbox === 0 && (await rests(end)))
    await move(to, from)
    {
      await using end = await from.open()
      const run = await gather(end.list({ root: ROOT }))
      const child = run.find(({ workflow: name }) => name === 'parcel')
      expect(await said(end, child!.pid, 'street')).toBe('queued')
    }
    const engine = await from.open()
    await using skein = await open({ engine, models: {}, workflows })
    expect(await skein.result('order')).toEqual([LARGE.length, 'go', 'street', 'last'])
    expect(new Set(paid)).toEqual(new Set([1, 2]))
    expect(paid).toHaveLength(2)
    expect(await gather(engine.verify())).toEqual([])
  })

  it('hears its timer, its answer from outside and its approval where it is', async () => {
    const [from, to] = [KINDS[here](), KINDS[there]()]
    const restsIn = async (place: Place, kind: string): Promise<void> => {
      const engine = await place.open()
      await using skein = await open({ engine, models: {}, workflows })
      await skein.start(errand, undefined, { id: ERRAND })
      for (;;) {
        const view = await engine.inspect(ERRAND)
        const isBusy = engine.traits.endsLookMsMax !== undefined && view?.status !== 'waiting'
        if (!isBusy && view?.waits.some(({ on }) => on.kind === kind) === true) break
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    const settled = async (place: Place): Promise<string> => {
      await using end = await place.open()
      return await end.settle('film', { how: 'done', value: payloadOf('tides'), by: 'ann' }, false)
    }
    await restsIn(from, 'timer')
    await move(from, to, undefined, ERRAND)
    await restsIn(to, 'pending')
    await move(to, from, undefined, ERRAND)
    expect([await settled(to), await settled(from)]).toEqual(['unknown', 'queued'])
    await restsIn(from, 'approval')
    await move(from, to, undefined, ERRAND)
    const engine = await to.open()
    await using skein = await open({ engine, models: {}, workflows })
    await skein.approve(`${ERRAND}/agree`)
    expect(await skein.result(ERRAND)).toEqual(['tides', 'agreed'])
    expect(await gather(engine.verify())).toEqual([])
  })

  it('stays while it is paused, and is not erased while its move is broken off', async () => {
    const [from, to] = [KINDS[here](), KINDS[there]()]
    await hosted(from, allWait)
    await hosted(to, allWait)
    for (const place of [from, to]) {
      await using end = await place.open()
      const change = { target: 'process:order', by: 'ann' }
      await end.switch({ ...change, to: 'off' })
      await expect(end.depart(ROOT, { id: 'x', target: 'elsewhere', by: 'ann' })).rejects.toMatchObject({
        code: 'RUN_NOT_AT_REST',
        message: expect.stringContaining('resume it first') as string,
      })
      await end.switch({ ...change, to: 'on' })
      await end.depart(ROOT, { id: 'x', target: 'elsewhere', by: 'ann' })
      await expect(end.erase(ROOT, { by: 'ann' })).rejects.toMatchObject({ code: 'RUN_MOVED' })
      await end.confirm(ROOT, 'x')
      expect((await end.erase(ROOT, { by: 'ann' })).payloads).toBeGreaterThan(0)
    }
  })

  it('comes back once, and not when it has arrived; a number that was refused brings nobody', async () => {
    const [from, to] = [KINDS[here](), KINDS[there]()]
    await hosted(from, allWait)
    await using source = await from.open()
    await using target = await to.open()
    const run = await source.depart(ROOT, { id: 'x', target: to.address, by: 'ann' })
    expect(await target.refuse('x')).toBe(true)
    expect(await target.refuse('x'), 'asked again').toBe(true)
    await expect(target.arrive(run), 'too late').rejects.toMatchObject({ code: 'RUN_ALREADY_THERE' })
    expect(await target.present([ROOT])).toEqual([])
    // A move that goes on with it finds that it was refused, and brings it back.
    const ends = { from: source, to: target, source: from.address, target: to.address, by: 'ann', random: nodeRandom }
    await expect(moveRun(ends, ROOT)).rejects.toMatchObject({ code: 'RUN_ALREADY_THERE' })
    expect(await source.present([ROOT])).toEqual([ROOT])
    expect(await moveRun(ends, ROOT)).toBe(2)
    // Somebody who is late with the refusal that he heard: it is here, and does not come back.
    await source.arrive({ ...run, id: 'back x' })
    expect([await source.present([ROOT]), await target.present([ROOT])]).toEqual([[], [ROOT]])
    await target[Symbol.asyncDispose]()
    // One that has something to do where workers are must have done it.
    await hosted(to, allWait)
    await using later = await to.open()
    const again = await later.depart(ROOT, { id: 'y', target: from.address, by: 'ann' })
    await source.arrive(again)
    expect(await source.refuse('y'), 'it has arrived').toBe(false)
  })

  it('is called off where it was broken off, and not when it has arrived', async () => {
    const [from, to] = [KINDS[here](), KINDS[there]()]
    await hosted(from, allWait)
    const calledOff = async (): Promise<string> => {
      await using source = await from.open()
      await using target = await to.open()
      const ends = { from: source, to: target, source: from.address, target: to.address, by: 'ann', random: nodeRandom }
      return await callBack(ends, ROOT).then(
        () => 'back',
        (thrown: Error & { code?: string }) => thrown.code ?? thrown.message,
      )
    }
    expect(await calledOff(), 'it has not left').toBe('USAGE')
    // Before its call that carries it there, and after that one.
    await expect(move(from, to, { left: 2 })).rejects.toThrow('killed')
    expect([await isLive(from), await isLive(to)]).toEqual([false, false])
    expect(await calledOff()).toBe('back')
    expect([await isLive(from), await isLive(to)]).toEqual([true, false])
    await hosted(from, allWait)
    await expect(move(from, to, { left: 3 })).rejects.toThrow('killed')
    expect(await calledOff(), 'too late').toBe('RUN_MOVED')
    expect([await isLive(from), await isLive(to)]).toEqual([false, true])
    expect(await calledOff(), 'it is known to be there').toBe('USAGE')
  })

  it('stays where it is when somebody else is there already, or it does not rest', async () => {
    const [from, to] = [KINDS[here](), KINDS[there]()]
    await hosted(from, allWait)
    await hosted(to, allWait)
    await expect(move(from, to)).rejects.toMatchObject({ code: 'RUN_ALREADY_THERE' })
    expect([await isLive(from), await isLive(to)]).toEqual([true, true])
    ;[begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    // While it is with a host that is in the middle of it.
    const busy = KINDS[here]()
    const engine = await busy.open()
    await using skein = await open({ engine, models: {}, workflows: [slow] })
    await skein.start(slow, undefined, { id: 'slow' })
    await begun.promise
    await expect(engine.depart(asPid('slow'), { id: 'x', target: 'elsewhere', by: 'ann' })).rejects.toMatchObject({
      code: 'RUN_NOT_AT_REST',
    })
    goOn.resolve()
    expect(await skein.result('slow')).toBe('slept')
  })
})
