/** One host per data folder and program: two `run()`s at once share it, the last one closes it. */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { dataFolder, loadConfig } from '../config/config.ts'
import type { Host } from './host.ts'
import { openHost } from './open-host.ts'
import type { OpenOptions } from './open-host.ts'

type Shared = { users: number; readonly host: Promise<Host> }

const shared = new Map<string, Shared>()
/** Folders that are being left: the next one to come waits. */
const leaving = new Map<string, Promise<void>>()

/** The host of a folder, opened if nobody here has it open; `release` it when done. */
export async function sharedHost(opening: OpenOptions): Promise<{ readonly host: Host; release(): Promise<void> }> {
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
