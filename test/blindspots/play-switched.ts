/** Runs random workflows and tests on a program with switches, in a thread of `SwitchedPlayer`. */
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../planted/message-of.ts'
import type { Played } from '../planted/simulate.ts'
import { takeTests } from './bare-tests.ts'
import type { BareTest } from './bare-tests.ts'
import { cpuClock } from './cpu-clock.ts'
import { REACHED, SWITCH } from './switched.ts'

/** What the thread is given. */
export type SwitchedData = {
  readonly root: string
  readonly texts: ReadonlyMap<string, string>
  readonly seeds: readonly number[]
}

/** A test, by its file and its place in it. */
export type TestPlace = { readonly file: string; readonly at: number }

/** What it is asked: how the program ends with change `n` on, in random workflows or in tests; 0 is none. */
export type AskedPlay = { readonly n: number; readonly tests?: readonly TestPlace[] }
/** Or what the tests of a file are called, or which changes a test reaches. */
export type Asked = AskedPlay | { readonly list: string } | { readonly reach: TestPlace }

/** Names of tests. */
export type Listed = { readonly kind: 'listed'; readonly names: readonly string[] }
/** The changes that a green test reaches, and what it uses of the processor. */
export type Reaches = { readonly kind: 'reaches'; readonly reaches: readonly number[]; readonly cpuMs: number }
/** How a play ended; of tests with the one that failed. */
export type Answer = (Played & { readonly place?: TestPlace }) | Listed | Reaches

const { root, texts, seeds } = workerData as SwitchedData
const home = pathToFileURL(`${root}/`).href
const BARE = new URL('bare-tests.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest' && context.parentURL?.startsWith(home) === true
      ? { url: BARE, shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) => {
    if (!url.startsWith(home) || !url.endsWith('.ts')) return next(url, context)
    const path = fileURLToPath(url)
    const source = texts.get(relative(root, path)) ?? readFileSync(path, 'utf8')
    return { format: 'module', source: stripTypeScriptTypes(source), shortCircuit: true }
  },
})

type CheckSeed = (seed: number, power: 'by seed') => Promise<unknown>
const { checkSeed } = (await import(`${home}test/sim/program/check-seed.ts`)) as { checkSeed: CheckSeed }
const testsOf = new Map<string, readonly BareTest[]>()

async function testsIn(file: string): Promise<readonly BareTest[]> {
  let tests = testsOf.get(file)
  if (tests === undefined) {
    await import(pathToFileURL(join(root, file)).href)
    testsOf.set(file, (tests = takeTests()))
  }
  return tests
}

async function testAt({ file, at }: TestPlace): Promise<BareTest> {
  const test = (await testsIn(file))[at]
  if (test === undefined) throw new Error(`${file} has no test ${at}`)
  return test
}

/** Runs something with a change on; what it throws is what notices the change. */
async function failureWith(n: number, run: () => Promise<unknown>): Promise<string | undefined> {
  Reflect.set(globalThis, SWITCH, n)
  try {
    await run()
    return undefined
  } catch (error) {
    return messageOf(error)
  } finally {
    Reflect.set(globalThis, SWITCH, 0)
  }
}

async function played({ n, tests }: AskedPlay): Promise<Answer> {
  if (tests === undefined) {
    for (const seed of seeds) {
      const failure = await failureWith(n, () => checkSeed(seed, 'by seed'))
      if (failure !== undefined) return { kind: 'red', test: `seed ${seed}: ${failure}` }
    }
    return { kind: 'green' }
  }
  for (const place of tests) {
    const { name, run } = await testAt(place)
    if ((await failureWith(n, run)) !== undefined) return { kind: 'red', test: `${place.file} > ${name}`, place }
  }
  return { kind: 'green' }
}

async function reachOf(place: TestPlace): Promise<Answer> {
  const { name, run } = await testAt(place)
  const reached = new Set<number>()
  const used = cpuClock((since) => process.threadCpuUsage(since))
  Reflect.set(globalThis, REACHED, reached)
  const failure = await failureWith(0, run)
  Reflect.set(globalThis, REACHED, undefined)
  if (failure !== undefined) return { kind: 'red', test: `${place.file} > ${name}: ${failure}` }
  return { kind: 'reaches', reaches: [...reached], cpuMs: used() }
}

async function answer(asked: Asked): Promise<Answer> {
  if ('n' in asked) return played(asked)
  if ('reach' in asked) return reachOf(asked.reach)
  return { kind: 'listed', names: (await testsIn(asked.list)).map(({ name }) => name) }
}

// A promise that nobody waits for any more is of a change that was noticed.
process.on('unhandledRejection', () => undefined)
parentPort?.on('message', (asked: Asked) => {
  const broken = (error: unknown): Answer => ({ kind: 'broken', why: messageOf(error) })
  void answer(asked)
    .catch(broken)
    .then((said) => parentPort?.postMessage(said, []))
})
parentPort?.postMessage('loaded', [])
