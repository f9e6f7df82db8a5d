import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { Activation } from '../../kernel/index.ts'
import { asPid, SkeinError } from '../../std/index.ts'
import {
  all,
  captured,
  codeOf,
  endWith,
  engineOn,
  factsFrom,
  HandClock,
  key,
  message,
  note,
  ok,
  request,
  rest,
  settle,
} from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium, StoreFaults } from '../memory/memory-medium.ts'
import { BATCH_ENTRIES_MAX, DONE_PER_MACROTASK } from '../limits.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import { GroupCommit } from './group-commit.ts'
import type { Step } from './group-commit.ts'
import type { Store } from './store/store.ts'

/** A store that only counts. */
function countingStore(commit: (n: number) => void | Promise<void> = () => {}): { store: Store; sizes: number[] } {
  const sizes: number[] = []
  let applied = 0
  const store = {
    commit(apply: () => void) {
      applied = 0
      const answer = commit(sizes.length)
      apply()
      sizes.push(applied)
      return answer
    },
    count: () => (applied += 1),
  }
  return { store: store as unknown as Store, sizes }
}

const step = (log: string[], name: string, store: Store): Step => ({
  apply: () => void (store as unknown as { count: () => number }).count(),
  done: () => void log.push(name),
  failed: (error) => void log.push(`${name} ${error.code}`),
})

describe('group commit', () => {
  it('a flush waits for what is deferred while it waits, too', async () => {
    const log: string[] = []
    const { store, sizes } = countingStore()
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    const first = step(log, 'a', store)
    commits.push([{ ...first, done: () => (first.done(), void commits.defer([step(log, 'b', store)], 1)) }], 1)
    await commits.flush()
    expect(log).toEqual(['a', 'b'])
    expect(sizes).toEqual([1, 1])
  })

  it('everything queued in one turn is one transaction, reported in order', async () => {
    const { store, sizes } = countingStore()
    const log: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    for (const name of ['a', 'b', 'c']) commits.push([step(log, name, store)], 1)
    await commits.flush()
    expect(sizes).toEqual([3])
    expect(log).toEqual(['a', 'b', 'c'])
  })

  it('what comes while a commit runs shares the next one', async () => {
    const held = Promise.withResolvers<void>()
    const { store, sizes } = countingStore((n) => (n === 0 ? held.promise : undefined))
    const log: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    commits.push([step(log, 'a', store)], 1)
    await settle(2)
    for (const name of ['b', 'c']) commits.push([step(log, name, store)], 1)
    await settle(2)
    expect(log).toEqual([])
    held.resolve()
    await commits.flush()
    expect(sizes).toEqual([1, 2])
    expect(log).toEqual(['a', 'b', 'c'])
  })

  it('a batch is bounded by entries and by bytes; one entry is never too large', async () => {
    const { store, sizes } = countingStore()
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    for (let i = 0; i < BATCH_ENTRIES_MAX + 1; i++) commits.push([step([], 'x', store)], 1)
    await commits.flush()
    for (let i = 0; i < 3; i++) commits.push([step([], 'x', store)], 100_000_000)
    await commits.flush()
    expect(sizes).toEqual([BATCH_ENTRIES_MAX, 1, 1, 1, 1])
  })

  it('a batch is told in pieces, a macrotask each, so that the event loop comes round', async () => {
    const { store, sizes } = countingStore()
    let told = 0
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    for (let i = 0; i < 2 * DONE_PER_MACROTASK + 1; i++)
      commits.push([{ ...step([], 'x', store), done: () => void told++ }], 1)
    const pieces: number[] = []
    for (let i = 0; i < 5; i++) {
      await new Promise<void>((resolve) => void setImmediate(resolve))
      pieces.push(told)
    }
    expect(sizes).toEqual([2 * DONE_PER_MACROTASK + 1])
    expect(new Set(pieces)).toEqual(new Set([DONE_PER_MACROTASK, 2 * DONE_PER_MACROTASK, told]))
    expect(told).toBe(2 * DONE_PER_MACROTASK + 1)
  })

  it('what has been written counts as settled when it is durable, and never when that fails', async () => {
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { store } = countingStore((n) => held[n]?.promise)
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    expect(commits.settled()).toBeUndefined()
    commits.push([step([], 'a', store)], 1)
    await settle(2)
    let isSettled = false
    const settled = commits.settled()?.then(() => (isSettled = true))
    await settle(2)
    expect(isSettled).toBe(false)
    held[0]?.resolve()
    await settled
    expect(commits.settled()).toBeUndefined()
    commits.push([step([], 'b', store)], 1)
    await settle(2)
    const never = codeOf(commits.settled() ?? Promise.resolve())
    held[1]?.reject(new Error('the disk is gone'))
    expect(await never).toBe('STORE_FAILED')
    expect(await codeOf(commits.settled() ?? Promise.resolve())).toBe('STORE_FAILED')
  })

  it('what is deferred is committed with what comes next, when it is wanted, or when a batch is full', async () => {
    const { store, sizes } = countingStore()
    const log: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    commits.defer([step(log, 'a', store)], 1)
    commits.defer([step(log, 'b', store)], 1)
    await settle(2)
    expect(log).toEqual([])
    commits.push([step(log, 'c', store)], 1)
    await settle(2)
    commits.defer([step(log, 'd', store)], 1)
    await settle(2)
    expect(log).toEqual(['a', 'b', 'c'])
    commits.hasten()
    await settle(2)
    commits.defer([step(log, 'e', store)], 1)
    await commits.flush()
    for (let i = 0; i < BATCH_ENTRIES_MAX; i++) commits.defer([step([], 'x', store)], 1)
    await settle(2)
    expect(log).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(sizes).toEqual([3, 1, 1, BATCH_ENTRIES_MAX])
  })

  it('a step joins an entry that waits, and is refused by one that is on its way', async () => {
    const { store, sizes } = countingStore()
    const log: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    const entry = commits.push([step(log, 'a', store)], 1)
    expect(commits.join(entry, step(log, 'b', store))).toBe(true)
    await commits.flush()
    expect(sizes).toEqual([2])
    expect(commits.join(entry, step(log, 'c', store))).toBe(false)
    expect(log).toEqual(['a', 'b'])
  })

  it('T5: after a failed commit everything is told the same error, also what comes later', async () => {
    const { store } = countingStore((n) => {
      if (n === 1) throw new SkeinError('STORE_FULL', 'full')
    })
    const log: string[] = []
    const failures: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, (error) => failures.push(error.code))
    commits.push([step(log, 'a', store)], 1)
    await commits.flush()
    commits.push([step(log, 'b', store)], 1)
    const submitted = codeOf(commits.submit(() => 1))
    await commits.flush()
    commits.push([step(log, 'c', store)], 1)
    expect(log).toEqual(['a', 'b STORE_FULL', 'c STORE_FULL'])
    expect(await submitted).toBe('STORE_FULL')
    expect(failures).toEqual(['STORE_FULL'])
    await commits.flush()
  })

  it('what was queued or under way when it was stopped is not reported as done', async () => {
    const held = Promise.withResolvers<void>()
    const { store } = countingStore(() => held.promise)
    const log: string[] = []
    const failures: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, (error) => failures.push(error.code))
    commits.push([step(log, 'a', store)], 1)
    await settle(2)
    commits.push([step(log, 'b', store)], 1)
    commits.stop(new SkeinError('ENGINE_CLOSED', 'closed'))
    commits.stop(new SkeinError('INTERNAL', 'twice'))
    held.reject(new Error('late'))
    await settle(2)
    expect([log, failures]).toEqual([['b ENGINE_CLOSED', 'a ENGINE_CLOSED'], []])
    const waiting = new GroupCommit({ store, soon: nodeSoon }, () => {})
    waiting.push([step(log, 'c', store)], 1)
    waiting.stop(new SkeinError('ENGINE_CLOSED', 'closed'))
    await settle(2)
    expect(log).toEqual(['b ENGINE_CLOSED', 'a ENGINE_CLOSED', 'c ENGINE_CLOSED'])
  })

  it('T5: stopped between two pieces of what is durable, the rest is told so, and nobody waits for ever', async () => {
    const { store } = countingStore()
    const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
    const first: Promise<unknown>[] = []
    for (let i = 0; i < DONE_PER_MACROTASK; i++) first.push(commits.submit(() => i))
    const second = codeOf(commits.submit(() => 'late'))
    await Promise.all(first)
    commits.stop(new SkeinError('ENGINE_CLOSED', 'closed'))
    expect(await second).toBe('ENGINE_CLOSED')
  })

  it('T5: a failure while a commit is reported stops everything, too', async () => {
    const { store } = countingStore()
    const failures: string[] = []
    const commits = new GroupCommit({ store, soon: nodeSoon }, (error) => failures.push(error.code))
    const bad = step([], 'a', store)
    bad.done = () => {
      throw new Error('the disk cannot be read')
    }
    commits.push([bad], 1)
    await commits.flush()
    expect(failures).toEqual(['STORE_FAILED'])
    expect(await codeOf(commits.submit(() => 1))).toBe('STORE_FAILED')
  })
})

describe('a store that fails', () => {
  let medium: MemoryMedium
  let clock: HandClock
  beforeEach(() => {
    medium = memoryMedium()
    clock = new HandClock()
  })
  afterEach(() => medium[Symbol.dispose]())

  const failingAt = (n: number, more: StoreFaults = {}): StoreFaults => ({
    ...more,
    beforeCommit: (at) => {
      if (at >= n) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    },
  })

  it('T5: no driver starts, next() rejects, signals abort, the engine says why; reopened, it goes on', async () => {
    const engine = engineOn(medium, clock, failingAt(4))
    const host = captured()
    await engine.host(host.run)
    await engine.start(request('p'))
    const activation = await host.next()
    await settle()
    activation.frame(factsFrom(0, [note('kept')]), {})
    await settle()
    activation.frame(factsFrom(1, [note('lost')]), {})
    let isStarted = false
    activation.perform({ key: key('r'), attempt: 1, class: 'write', begun: undefined }, async () => {
      isStarted = true
      return ok(1)
    })
    expect(await codeOf(activation.next())).toBe('STORE_FULL')
    expect(isStarted).toBe(false)
    expect(activation.signal.aborted).toBe(true)
    expect(engine.failed.reason).toMatchObject({ code: 'STORE_FULL' })
    expect(() => activation.frame(factsFrom(2, [note('late')]), {})).toThrow('full')
    expect(await codeOf(Promise.resolve(activation.decide(() => [])))).toBe('STORE_FULL')
    expect(await codeOf(rest(activation))).toBe('STORE_FULL')
    expect(await codeOf(engine.start(request('q')))).toBe('STORE_FULL')
    await engine[Symbol.asyncDispose]()

    await using again = engineOn(medium, clock)
    const second = captured()
    await again.host(second.run)
    expect((await second.next()).facts).toHaveLength(1)
    expect(await all(again.verify())).toEqual([])
  })

  it('T1: an engine that lost its epoch writes nothing more', async () => {
    const old = engineOn(medium, clock)
    const host = captured()
    await old.host(host.run)
    await old.start(request('p'))
    const activation = await host.next()
    await settle()
    await using next = engineOn(medium, clock)
    activation.frame(factsFrom(0, [note('a')]), {})
    expect(await codeOf(activation.next())).toBe('LOST_EPOCH')
    expect(old.failed.reason).toMatchObject({ code: 'LOST_EPOCH' })
    await old[Symbol.asyncDispose]()
    expect(await all(next.history(asPid('p')))).toEqual([])
  })

  it('T4: frames, messages, starts and waits of one frame become durable together or not at all', async () => {
    for (const failAt of [3, 4, 5]) {
      using disk = memoryMedium()
      const engine = engineOn(disk, clock, failingAt(failAt))
      const host = captured()
      await engine.host(host.run)
      await engine.start(request('p'))
      const activation = await host.next()
      await settle()
      activation.frame(factsFrom(0, [note('a')]), {
        sent: [
          { type: 'start', key: key('s'), request: request('child') },
          { type: 'message', key: key('m'), message: message('child', 'hello') },
        ],
        waits: [{ key: key('w'), on: { kind: 'child', pid: asPid('child') } }],
      })
      await settle()
      await engine[Symbol.asyncDispose]()
      await using again = engineOn(disk, clock)
      const isThere = (await all(again.history(asPid('p')))).length === 1
      expect([failAt, isThere]).toEqual([failAt, failAt > 3])
      expect((await again.inspect(asPid('child')))?.mailbox).toBe(isThere ? 1 : undefined)
      expect((await again.inspect(asPid('p')))?.waits).toHaveLength(isThere ? 1 : 0)
    }
  })

  it("P5: whatever crashes, each message is consumed exactly once, and each sender's in order", async () => {
    const commands = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('send' as const) },
        { weight: 1, arbitrary: fc.constant('again' as const) },
        { weight: 2, arbitrary: fc.constantFrom('before' as const, 'after' as const) },
      ),
      { maxLength: 24 },
    )
    await fc.assert(fc.asyncProperty(commands, fc.integer({ min: 0, max: 3 }), surviveCrashes), { numRuns: 60 })
  })
})

/** A process that consumes what it gets, over engines that die in the middle of commits. */
async function surviveCrashes(
  commands: readonly ('send' | 'again' | 'before' | 'after')[],
  delay: number,
): Promise<void> {
  using medium = memoryMedium()
  const clock = new HandClock()
  let crash: { readonly at: 'before' | 'after'; in: number } | undefined
  const boot = async () => {
    const dead = Promise.withResolvers<void>()
    const strike = (at: 'before' | 'after') => (): void => {
      if (crash?.at !== at || crash.in-- > 0) return
      crash = undefined
      medium.crash()
      dead.resolve()
    }
    const engine = engineOn(medium, clock, { beforeCommit: strike('before'), afterCommit: strike('after') })
    await Promise.race([engine.host(consumeAll), dead.promise])
    return { engine, dead: dead.promise }
  }
  let { engine, dead } = await boot()
  /** Asks until a living engine has answered. */
  const ask = async <T>(question: (to: typeof engine) => Promise<T>): Promise<T> => {
    for (;;) {
      const answer = await Promise.race([question(engine).then((value) => ({ value })), dead])
      if (answer !== undefined) return answer.value
      engine.abandon(new SkeinError('ENGINE_CLOSED', 'crashed'))
      ;({ engine, dead } = await boot())
    }
  }
  await ask((to) => to.start(request('p')))
  let count = 0
  for (const command of commands) {
    if (command === 'before' || command === 'after') crash = { at: command, in: delay }
    else {
      if (command === 'send' || count === 0) count += 1
      const id = `m${count - 1}`
      await ask((to) => to.deliver(message('p', id)))
    }
  }
  crash = undefined
  await settle(20)
  await ask((to) => to.inspect(asPid('p')))
  const facts = (await all(engine.history(asPid('p')))).flatMap((frame) => frame.facts)
  expect(facts.map((fact) => fact.type === 'settled' && fact.key)).toEqual(
    Array.from({ length: count }, (_, i) => `m${i}`),
  )
  expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, i) => i))
  expect(await all(engine.verify())).toEqual([])
  await engine[Symbol.asyncDispose]()
}

async function consumeAll(activation: Activation): Promise<void> {
  let seq = activation.facts.length
  for (;;) {
    const event = await activation.next(1_000_000)
    if (event?.type !== 'message') return void (await endWith(activation))
    activation.frame(factsFrom(seq++, [note(event.message.id)]), { consumed: [event.message.id] })
  }
}
