/** `run()`: one durable run, from a program that has nothing open. */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AnyDefinition, DefinitionInput, DefinitionOutput } from '../kernel/index.ts'
import type { ModelsConfig } from '../model/index.ts'
import type { Duration } from '../std/index.ts'
import { asPid } from '../std/index.ts'
import { dataFolder, loadConfig } from './config/config.ts'
import type { Host } from './hosting/host.ts'
import { hintWhenResting } from './hosting/hint.ts'
import { openHost } from './open.ts'
import type { OpenOptions } from './open.ts'
import { skeinOf } from './skein.ts'
import type { RunSettings } from './skein.ts'

/** How to run something durably. */
export type RunOptions = RunSettings & {
  readonly data?: string
  readonly models?: ModelsConfig
  /** Beside another owner of the data folder: fail (default), wait until it leaves, or wait at most that long. */
  readonly wait?: boolean | Duration
}

/**
 * Runs a definition to its end and returns its value. With an `id` the same call resumes after a crash and returns the
 * same value when it has finished; without one the run is durable all the same, and its id is printed.
 */
export async function run<D extends AnyDefinition>(
  definition: D,
  input?: DefinitionInput<D>,
  options: RunOptions = {},
): Promise<DefinitionOutput<D>> {
  const { id, budget, ...opening } = options
  const shared = await sharedHost(opening)
  try {
    const skein = skeinOf(shared.host, () => Promise.resolve())
    const handle = await skein.start(definition, input, {
      ...(id === undefined ? {} : { id }),
      ...(budget === undefined ? {} : { budget }),
    })
    if (id === undefined)
      process.stderr.write(`skein: this run is ${handle.id}; run it with { id: '${handle.id}' } to resume it\n`)
    using _hint = hintWhenResting(shared.host.engine, asPid(handle.id), (line) =>
      process.stderr.write(`skein: ${line}\n`),
    )
    return await handle.result()
  } finally {
    await shared.release()
  }
}

type Shared = { users: number; readonly host: Promise<Host> }

/** One host per data folder and program: two `run()`s at once share it, the last one closes it. */
const shared = new Map<string, Shared>()
/** Folders that are being left: the next one to come waits. */
const leaving = new Map<string, Promise<void>>()

async function sharedHost(
  opening: Omit<RunOptions, 'id' | 'budget'>,
): Promise<{ readonly host: Host; release(): Promise<void> }> {
  const cwd = process.cwd()
  const folder = dataFolder(opening.data, opening.data === undefined ? await loadConfig(cwd) : {}, cwd)
  const name = realName(folder)
  const entry = shared.get(name) ?? { users: 0, host: openAfter(leaving.get(name), { ...opening, data: folder }) }
  shared.set(name, entry)
  entry.users += 1
  const release = async (): Promise<void> => {
    entry.users -= 1
    if (entry.users > 0) return
    shared.delete(name)
    const left = leave(entry)
    leaving.set(name, left)
    await left
    if (leaving.get(name) === left) leaving.delete(name)
  }
  try {
    return { host: await entry.host, release }
  } catch (thrown) {
    await release()
    throw thrown
  }
}

async function openAfter(left: Promise<void> | undefined, options: OpenOptions): Promise<Host> {
  await left
  return openHost(options)
}

async function leave(entry: Shared): Promise<void> {
  const opened = await entry.host.catch(() => undefined)
  await opened?.[Symbol.asyncDispose]()
}

function realName(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return resolve(folder)
  }
}
