import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DeliverResult } from '../../../kernel/index.ts'
import { SkeinError } from '../../../std/index.ts'
import type { Clock, Hash, Pid } from '../../../std/index.ts'
import { COMPACT_TIMEOUT_MS, FRAME_BYTES_MAX } from '../../limits.ts'
import type { Engine, Erased, SettleResult } from '../../port.ts'
import { ControlClient } from '../control/control-client.ts'
import type { LocalEngine } from '../local-engine.ts'
import { layoutOf } from './layout.ts'
import { isOwned, noteOf } from './owner-lock.ts'
import { readEmbedded } from './read-embedded.ts'

/** An engine beside a live owner: reads the database itself, acts through the owner. */
export interface AttachedEngine extends Engine, Pick<LocalEngine, 'verify'> {
  readonly folder: string
  /** Has the owner remove what a process said live. */
  forget(pid: Pid): Promise<void>
}

/** Time for an owner that holds the folder to answer before it counts as not there yet. */
const PING_TIMEOUT_MS = 2_000

/**
 * Attaches to the live owner of `folder`; undefined when there is none. Throws `CONTROL_UNREACHABLE` when there is one
 * that does not answer.
 */
export async function attachEmbedded(
  folder: string,
  ports: { readonly clock: Clock; readonly hash: Hash },
): Promise<AttachedEngine | undefined> {
  const at = resolve(folder)
  const { database, socket } = layoutOf(at)
  if (!existsSync(database) || !isOwned(at)) return undefined
  const reader = readEmbedded(at, ports.hash)
  const client = new ControlClient(noteOf(at, 'socket') ?? socket, ports.clock)
  const close = (): void => {
    client[Symbol.dispose]()
    reader[Symbol.dispose]()
  }
  try {
    await client.call({ op: 'ping' }, PING_TIMEOUT_MS)
  } catch (error) {
    close()
    if (!isOwned(at)) return undefined
    throw error
  }
  return {
    folder: at,
    traits: { durability: 'fsync', nodes: 'one', ownerDeath: 'known', frameBytesMax: FRAME_BYTES_MAX },
    start: async (request) =>
      (await client.call({ op: 'start', request })) as { readonly pid: Pid; readonly created: boolean },
    deliver: async (message) => (await client.call({ op: 'deliver', message })) as DeliverResult,
    control: async (pid, control) =>
      (await client.call({ op: 'control', pid, control })) as 'queued' | 'duplicate' | 'ended',
    settle: async (token, settlement, hold = true) =>
      (await client.call({ op: 'settle', token, settlement, hold })) as SettleResult,
    switch: async (change) => (await client.call({ op: 'switch', change })) as boolean,
    switches: () => reader.switches(),
    host: () => Promise.reject(new SkeinError('USAGE', `${at} has an owner; only the owner runs its processes`)),
    get quarantine() {
      return reader.quarantine
    },
    setQuarantine: async (quarantine) => {
      if (quarantine !== undefined)
        throw new SkeinError('USAGE', `${at} has an owner; only a restore puts it into quarantine`)
      await client.call({ op: 'release' })
    },
    erase: async (pid, about) => (await client.call({ op: 'erase', pid, ...about })) as Erased,
    forget: async (pid) => void (await client.call({ op: 'forget', pid })),
    compact: async () => void (await client.call({ op: 'compact' }, COMPACT_TIMEOUT_MS)),
    inspect: (pid) => reader.inspect(pid),
    list: (query) => reader.list(query),
    history: (pid, from) => reader.history(pid, from),
    watch: (query, signal) => client.watch(query, signal),
    verify: (pid?: Pid) => reader.verify(pid),
    [Symbol.asyncDispose]: () => Promise.resolve(close()),
  }
}
