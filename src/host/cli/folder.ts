/** How verbs reach a data folder: readers read the database, actors go through the owner or take the folder themselves. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { attachEmbedded, nodeClock, nodeHash, nodeRandom, openEmbedded, readEmbedded } from '../../engine/index.ts'
import type { Engine, FolderReader, ProcessView, StreamMedium } from '../../engine/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { dataFolder, loadConfig } from '../config/config.ts'
import { openNamed, shownAddress } from '../engines/engine-address.ts'
import type { NamedEngine } from '../engines/engine-address.ts'
import { BRIEF_OWNER_MS } from '../limits.ts'
import { streamsOf } from '../live/folder-streams.ts'
import type { Operable } from '../operate/acts.ts'
import type { Reader } from '../operate/find.ts'
import { commandFor } from '../words/command.ts'
import type { Command } from '../words/command.ts'
import { quarantineWords } from '../words/quarantine.ts'
import type { Terminal } from './terminal.ts'
import type { Typed } from './verb.ts'

/** The data folder that the arguments, the config or the default name. */
export async function folderOf(typed: Typed, terminal: Terminal): Promise<string> {
  return dataFolder(typed.text('data'), await loadConfig(terminal.cwd), terminal.cwd)
}

/** The address of the engine that the arguments or the config name; undefined: the data folder. */
export async function engineAddress(typed: Typed, terminal: Terminal): Promise<string | undefined> {
  const asked = typed.text('engine')
  if (asked !== undefined && typed.has('data'))
    throw new SkeinError('USAGE', '--engine and --data name two places; leave one of them out')
  // A folder that was named is meant, whatever the config says.
  return asked ?? (typed.has('data') ? undefined : (await loadConfig(terminal.cwd)).engine)
}

/** The engine that was named, to ask and act; undefined: the data folder. */
export async function clientEngine(typed: Typed, terminal: Terminal): Promise<NamedEngine | undefined> {
  const address = await engineAddress(typed, terminal)
  return address === undefined ? undefined : openNamed(address, { env: terminal.env, serve: false })
}

/** Throws `USAGE` for a verb that is about the files of a data folder. */
export async function demandFolderEngine(typed: Typed, terminal: Terminal, mend: string): Promise<void> {
  const address = await engineAddress(typed, terminal)
  if (address !== undefined)
    throw new SkeinError('USAGE', `this is for data folders, and the engine is ${shownAddress(address)}; ${mend}`)
}

/** Writes commands for the folder or engine that was named on the command line. */
export function shownCommand(typed: Typed): Command {
  return commandFor(typed.text('data'), typed.text('engine'))
}

/** A reader of a folder; files of definitions are shown relative to where the user stands. */
export type FolderView = Reader &
  Pick<FolderReader, 'verify' | 'switches' | 'isHosted' | 'quarantine'> & {
    /** An engine that workers share, not a folder. */
    readonly isOnWorkers: boolean
  }

/** Reads a folder, with or without a live owner. Throws `FILE_UNREADABLE` when there is none. */
export async function withReader<T>(
  typed: Typed,
  terminal: Terminal,
  read: (reader: FolderView) => Promise<T>,
): Promise<T> {
  const folder = await folderOf(typed, terminal)
  await using client = await clientEngine(typed, terminal)
  if (client !== undefined)
    return await read({
      ...located(client, folder, terminal.cwd),
      verify: (pid) => client.verify(pid),
      switches: () => client.switches(),
      // Whoever has workers has them somewhere.
      isHosted: () => true,
      isOnWorkers: true,
      quarantine: client.quarantine,
    })
  demandFolder(folder, terminal)
  using reader = readEmbedded(folder, nodeHash)
  const { quarantine } = reader
  if (quarantine !== undefined) terminal.err(`${quarantineWords(quarantine, shownCommand(typed))}\n`)
  return await read({
    ...located(reader, folder, terminal.cwd),
    pending: (pid) => reader.pending(pid),
    verify: (pid) => reader.verify(pid),
    switches: () => reader.switches(),
    isHosted: () => reader.isHosted(),
    isOnWorkers: false,
    quarantine,
  })
}

/** Whether the live owner of a folder answers; true where there is none. */
export async function ownerAnswers(typed: Typed, terminal: Terminal): Promise<boolean> {
  if ((await engineAddress(typed, terminal)) !== undefined) return true
  const folder = await folderOf(typed, terminal)
  try {
    const attached = await attachEmbedded(folder, { clock: nodeClock, hash: nodeHash })
    await attached?.[Symbol.asyncDispose]()
    return true
  } catch (thrown) {
    return !(SkeinError.isInstance(thrown) && thrown.code === 'CONTROL_UNREACHABLE')
  }
}

/** What an acting verb has beside the acts. */
type Acting = {
  readonly hosted: boolean
  readonly engine: Engine
  /** Where what processes said live is removed: by the owner. */
  readonly streams: Pick<StreamMedium, 'remove'>
}

/** What is said on a server is kept by the worker that said it, in memory. */
const NO_STREAMS: Acting['streams'] = { remove: () => Promise.resolve() }

/** Acts on a folder: through its live owner, else as its owner for a moment. `hosted`: somebody runs its processes now. */
export async function withActor<T>(
  typed: Typed,
  terminal: Terminal,
  act: (engine: Operable, about: Acting) => Promise<T>,
): Promise<T> {
  const folder = await folderOf(typed, terminal)
  await using client = await clientEngine(typed, terminal)
  if (client !== undefined)
    return await act(operable(client, folder, terminal), {
      hosted: true,
      engine: client,
      streams: NO_STREAMS,
    })
  demandFolder(folder, terminal)
  const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }
  const attached = await attachEmbedded(folder, ports)
  if (attached !== undefined) {
    await using engine = attached
    const streams = { remove: (pid: Pid) => engine.forget(pid) }
    return await act(operable(engine, folder, terminal), { hosted: true, engine, streams })
  }
  const streams = streamsOf(folder, (line) => terminal.err(`${line}\n`))
  const forget = (pid: Pid) => streams.remove(pid)
  await using engine = await openEmbedded({ folder, ...ports, waitMs: BRIEF_OWNER_MS, forget })
  // Before the lock of the folder is let go.
  using _ = { [Symbol.dispose]: () => streams.close?.() }
  using reader = readEmbedded(folder, nodeHash)
  const pending = (pid: Pid) => reader.pending(pid)
  return await act({ ...operable(engine, folder, terminal), pending }, { hosted: false, engine, streams })
}

/** Who acts, as it will stand in the journal. */
export function actorName(typed: Typed): string {
  return typed.text('by') ?? userName()
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'somebody'
  }
}

/** Throws `FILE_UNREADABLE` where there is no data folder. */
export function demandFolder(folder: string, terminal: Terminal): void {
  if (existsSync(join(folder, 'skein.db'))) return
  const shown = relative(terminal.cwd, folder) || '.'
  throw new SkeinError(
    'FILE_UNREADABLE',
    `there is no data folder at ${shown}; run something first (skein run <file>), or name another with --data`,
  )
}

function operable(engine: Engine, folder: string, terminal: Terminal): Operable {
  return {
    ...located(engine, folder, terminal.cwd),
    control: (pid, control) => engine.control(pid, control),
    deliver: (message) => engine.deliver(message),
    settle: (token, settlement, hold) => engine.settle(token, settlement, hold),
    switch: (change) => engine.switch(change),
    switches: () => engine.switches(),
  }
}

/** Views whose `file` is relative to `cwd`. */
export function located(reader: Reader, folder: string, cwd: string): Reader {
  const locate = (view: ProcessView): ProcessView =>
    view.file === undefined ? view : { ...view, file: relative(cwd, resolve(folder, view.file)) }
  return {
    inspect: async (pid: Pid) => {
      const view = await reader.inspect(pid)
      return view === undefined ? undefined : locate(view)
    },
    list: async function* (query) {
      for await (const view of reader.list(query)) yield locate(view)
    },
    history: (pid, from) => reader.history(pid, from),
    ...(reader.pending === undefined ? {} : { pending: (pid) => reader.pending?.(pid) ?? [] }),
  }
}
