/**
 * What `vitest` is to test files that are loaded once and run many times: they register their tests here. What is expected is
 * judged by vitest's own `expect`.
 */
import { setTimeout } from 'node:timers/promises'
import { expect as judge } from 'vitest'
import { IDLE_LOOKS_MAX, IDLE_LOOK_MS } from './limits.ts'

export { assert, expectTypeOf, vi } from 'vitest'

const POLL_MS = 20
const POLL_MS_MAX = 2_000

const claimOf: (value: unknown) => object = judge

/** Asks again until what is expected holds; vitest's own can do so only in a test of its own. */
const poll = (ask: () => unknown): unknown =>
  new Proxy(
    {},
    {
      get:
        (_, matcher) =>
        async (...expected: unknown[]) => {
          for (const until = performance.now() + POLL_MS_MAX; ; await setTimeout(POLL_MS)) {
            try {
              const claim = claimOf(await ask())
              Reflect.apply(Reflect.get(claim, matcher) as (...of: unknown[]) => void, claim, expected)
              return
            } catch (error) {
              if (performance.now() > until) throw error
            }
          }
        },
    },
  )

/** What is expected. */
export const expect = new Proxy(judge, {
  get: (target, name): unknown => (name === 'poll' ? poll : Reflect.get(target, name)),
})

type Run = () => unknown
type Block = { readonly name: string; readonly before: Run[]; readonly after: Run[] }

/** A test, with what comes before and after it. */
export type BareTest = { readonly name: string; readonly run: () => Promise<void> }

const blockOf = (name: string): Block => ({ name, before: [], after: [] })

const registered: BareTest[] = []
let blocks: readonly Block[] = [blockOf('')]

/** The tests that were registered since the last call; what is set up around them has been said for one file. */
export function takeTests(): readonly BareTest[] {
  blocks = [blockOf('')]
  return registered.splice(0)
}

function block(name: string, body: Run): void {
  const outer = blocks
  blocks = [...outer, blockOf(name)]
  body()
  blocks = outer
}

function test(name: string, body: Run): void {
  const around = blocks
  const run = async (): Promise<void> => {
    for (const { before } of around) for (const hook of before) await hook()
    try {
      await unlessIdle(body)
    } finally {
      for (const { after } of around.toReversed()) for (const hook of after) await hook()
    }
  }
  registered.push({ name: [...around.slice(1).map((outer) => outer.name), name].join(' > '), run })
}

/** Fails when nothing is done any more and yet it has not ended: it waits for ever. */
async function unlessIdle(body: Run): Promise<void> {
  let look: NodeJS.Timeout | undefined
  let idle = 0
  let used = process.threadCpuUsage()
  const waits = new Promise<never>((_, reject) => {
    look = setInterval(() => {
      const since = process.threadCpuUsage(used)
      used = process.threadCpuUsage()
      idle = since.user + since.system > IDLE_LOOK_MS * 10 ? 0 : idle + 1
      if (idle > IDLE_LOOKS_MAX) reject(new Error('waits for ever'))
    }, IDLE_LOOK_MS)
  })
  try {
    await Promise.race([body(), waits])
  } finally {
    clearInterval(look)
  }
}

type Table = readonly unknown[]
type Each = (table: Table) => (name: string, body: (...row: never[]) => unknown) => void

const eachOf =
  (register: (name: string, body: Run) => void): Each =>
  (table) =>
  (name, body) => {
    for (const [at, row] of table.entries())
      register(`${name} (${at})`, () => body(...((Array.isArray(row) ? row : [row]) as never[])))
  }

/** Tests that belong together. */
export const describe = Object.assign(block, { each: eachOf(block) })
/** A test. */
export const it = Object.assign(test, {
  each: eachOf(test),
  concurrent: test,
  skip: () => undefined,
  runIf: (is: boolean) => (is ? test : () => undefined),
  skipIf: (is: boolean) => (is ? () => undefined : test),
})
/** Before each test of the block. */
export const beforeEach = (hook: Run): void => void blocks.at(-1)?.before.push(hook)
/** After each test of the block. */
export const afterEach = (hook: Run): void => void blocks.at(-1)?.after.push(hook)
/** Any test of the block may be run alone: what is there for all of them is made for each. */
export const beforeAll = beforeEach
/** What is there for all tests of the block is cleaned up after each. */
export const afterAll = afterEach
