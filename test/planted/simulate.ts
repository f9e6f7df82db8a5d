/**
 * Plays random workflows on changed code, in a thread of a `Player`: modules are loaded anew for each change,
 * from sources that are kept in memory, so that a trial costs what it plays.
 */
import { existsSync, readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from './message-of.ts'
import type { Ended } from './verdict.ts'

/** What is to be tried: other texts for files of the copy; none: the code as it is. */
export type Play = ReadonlyMap<string, string>
/** How it ended; what cannot be loaded has not been played. */
export type Played = Exclude<Ended, { readonly kind: 'hangs' }>

const { root, seeds } = workerData as { readonly root: string; readonly seeds: readonly number[] }
const home = pathToFileURL(`${root}/`).href
const stripped = new Map<string, string>()
let turn = 0
let now: Play = new Map()

const isOurs = (url: string): boolean => url.startsWith(home) && url.split('?')[0]?.endsWith('.ts') === true

function sourceOf(path: string): string {
  const changed = now.get(relative(root, path))
  if (changed !== undefined) return stripTypeScriptTypes(changed)
  let source = stripped.get(path)
  if (source === undefined) stripped.set(path, (source = stripTypeScriptTypes(readFileSync(path, 'utf8'))))
  return source
}

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context)
    return isOurs(resolved.url) ? { ...resolved, url: `${resolved.url.split('?')[0]}?${turn}` } : resolved
  },
  load: (url, context, next) =>
    isOurs(url)
      ? { format: 'module', source: sourceOf(fileURLToPath(url.split('?')[0] ?? '')), shortCircuit: true }
      : next(url, context),
})

type CheckSeed = (seed: number, power: 'by seed') => Promise<unknown>

/** All that the changed code is part of: an export that is missing shows here, and not as a test that fails. */
async function load(): Promise<CheckSeed> {
  for (const door of ['src/kernel/index.ts', 'src/engine/index.ts', ...now.keys()])
    await import(`${home}${door}?${turn}`)
  return ((await import(`${home}test/sim/program/check-seed.ts?${turn}`)) as { checkSeed: CheckSeed }).checkSeed
}

async function play(): Promise<Played> {
  let checkSeed: CheckSeed
  try {
    checkSeed = await load()
  } catch (error) {
    return { kind: 'broken', why: `cannot be loaded: ${messageOf(error)}` }
  }
  for (const seed of seeds) {
    try {
      await checkSeed(seed, 'by seed')
    } catch (error) {
      return { kind: 'red', test: `seed ${seed}: ${messageOf(error)}` }
    }
  }
  return { kind: 'green' }
}

if (!existsSync(root)) throw new Error(`there is no copy at ${root}`)
parentPort?.on('message', (what: Play) => {
  now = what
  turn += 1
  void play().then((played) => parentPort?.postMessage(played, []))
})
