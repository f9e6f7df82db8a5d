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
import { SWITCH } from './switched.ts'

/** What the thread is given. */
export type SwitchedData = {
  readonly root: string
  readonly texts: ReadonlyMap<string, string>
  readonly seeds: readonly number[]
}

/** What it is asked: how the program ends with change `n` on; in random workflows, or in the tests of these files. */
export type Asked = { readonly n: number; readonly files?: readonly string[] }

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

async function play({ n, files }: Asked): Promise<Played> {
  if (files === undefined) {
    for (const seed of seeds) {
      const failure = await failureWith(n, () => checkSeed(seed, 'by seed'))
      if (failure !== undefined) return { kind: 'red', test: `seed ${seed}: ${failure}` }
    }
    return { kind: 'green' }
  }
  for (const file of files)
    for (const { name, run } of await testsIn(file))
      if ((await failureWith(n, run)) !== undefined) return { kind: 'red', test: `${file} > ${name}` }
  return { kind: 'green' }
}

// A promise that nobody waits for any more is of a change that was noticed.
process.on('unhandledRejection', () => undefined)
parentPort?.on('message', (asked: Asked) => void play(asked).then((played) => parentPort?.postMessage(played, [])))
parentPort?.postMessage('loaded', [])
