/** Who waits for a run that was just started here asks the store nothing, and is told all the same, whatever becomes of it. */
import { expect, it, vi } from 'vitest'
import { createEngine, memoryMedium, nodeClock, nodeHash, nodeRandom, nodeSoon } from '../../engine/index.ts'
import type { Engine } from '../../engine/index.ts'
import { workflow } from '../../kernel/index.ts'
import { asPid, SkeinError } from '../../std/index.ts'
import { createHost } from './host.ts'
import { startRun } from './start.ts'

const pid = asPid('f1')
const four = workflow({ name: 'four' }, async () => 4)
const OVER = { type: 'ok', value: { text: '4' } }

/** A host over a store in memory, whose engine does what `other` says otherwise. */
async function hosted(other: (engine: Engine) => Partial<Engine> = () => ({})) {
  const medium = memoryMedium()
  const store = medium.open()
  const ports = { clock: nodeClock, random: nodeRandom, hash: nodeHash }
  const real = createEngine({ store, ...ports, soon: nodeSoon })
  const inspect = vi.spyOn(real, 'inspect')
  const changed = other(real)
  const engine = new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(name in changed ? changed : target, name, name in changed ? changed : target)
      return typeof value === 'function' && !(name in changed) ? value.bind(target) : value
    },
  })
  const host = await createHost({
    ...{ engine, folder: '.', env: {}, models: {}, warn: () => undefined },
    tripwire: 'off',
  })
  return {
    ...{ host, store, inspect, real },
    start: () => startRun(host, four, undefined, { id: pid }),
    outcome: () => host.ends.outcome(pid),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]()
      medium[Symbol.dispose]()
    },
  }
}

it('is told of the end, and has asked for nothing', async () => {
  await using one = await hosted()
  await one.host.begin()
  const { pid: made } = await startRun(one.host, four, undefined, {})
  expect(await one.host.ends.outcome(made)).toMatchObject(OVER)
  expect(one.inspect).not.toHaveBeenCalled()
})

it('is told that the store has failed, before the run began and before anybody waited', async () => {
  await using one = await hosted()
  await one.start()
  one.real.abandon(new SkeinError('STORE_FAILED', 'the disk is full'))
  await expect(one.outcome()).rejects.toMatchObject({ code: 'STORE_FAILED' })
})

it('is told that the host has closed, before the run began and before anybody waited', async () => {
  await using one = await hosted()
  await one.start()
  await one.host[Symbol.asyncDispose]()
  await expect(one.outcome()).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
})

it('is told of a run that is parked because nobody can read it', async () => {
  await using one = await hosted()
  vi.spyOn(one.store.tables.processes, 'request').mockReturnValue(undefined)
  await one.host.begin()
  await one.start()
  await expect(one.outcome()).rejects.toMatchObject({ code: 'DATA_FOLDER_CORRUPT' })
})

it('is told of a run that is parked because what runs it is broken', async () => {
  await using one = await hosted()
  vi.spyOn(one.host.code, 'ready').mockRejectedValue(new TypeError('broken'))
  await one.host.begin()
  await one.start()
  await expect(one.outcome()).rejects.toMatchObject({ code: 'INTERNAL' })
})

it('is told of a run that has ended while somebody else was about to start it', async () => {
  const looked = Promise.withResolvers<undefined>()
  const asked = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  let starts = 0
  await using one = await hosted((engine) => ({
    start: async (request) => {
      if (++starts === 2) {
        asked.resolve()
        await second.promise
      }
      return engine.start(request)
    },
  }))
  await one.host.begin()
  one.inspect.mockReturnValueOnce(looked.promise)
  const late = one.start()
  await one.start()
  expect(await one.outcome()).toMatchObject(OVER)
  looked.resolve(undefined)
  await asked.promise
  const told = one.outcome()
  second.resolve()
  expect(await late).toEqual({ pid, created: false })
  expect(await told).toMatchObject(OVER)
})

it('is told of a run that has ended while somebody else failed to start it', async () => {
  let starts = 0
  await using one = await hosted((engine) => ({
    start: async (request) => {
      if (++starts === 2) throw new SkeinError('ENGINE_UNREACHABLE', 'no answer')
      return engine.start(request)
    },
  }))
  await one.host.begin()
  await one.start()
  expect(await one.outcome()).toMatchObject(OVER)
  one.inspect.mockResolvedValueOnce(undefined)
  await expect(one.start()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' })
  expect(await one.outcome()).toMatchObject(OVER)
})
