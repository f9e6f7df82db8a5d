/**
 * One owner per data folder: an exclusive SQLite transaction on the small database `owner`, which the operating system
 * releases when the owner dies, however it dies.
 *
 * Invariants:
 * 1. Nobody writes the store without holding this lock; whoever holds it despite that is fenced by the epoch.
 * 2. Looking never blocks the event loop.
 */
import { DatabaseSync } from 'node:sqlite'
import { Cancelled, SkeinError } from '../../../std/index.ts'
import type { Clock, Epoch } from '../../../std/index.ts'
import { OWNER_ASK_MS, OWNER_POLL_MS } from '../../limits.ts'
import { isBusy, openForReader, storeError } from '../store/database.ts'
import { metaTable } from '../store/meta-table.ts'
import { layoutOf } from './layout.ts'

/** Who owns a folder, as it wrote itself down. */
export type OwnerInfo = {
  readonly pid: number
  readonly hostname: string
  readonly epoch: Epoch
  readonly since: number
}

/** How long to wait for the owner before; a look by a reader may hold the lock for a moment. */
export type OwnerWait = {
  readonly clock: Clock
  readonly waitMs: number
  readonly signal?: AbortSignal | undefined
  /** Called when there is an owner to wait for, and now and then while it stays. */
  readonly onOwned?: (() => void) | undefined
}

/** Three looks of a reader. */
const GRACE_MS = 3 * OWNER_POLL_MS

/** The lock, or undefined when someone else holds it. */
function tryLock(path: string): Disposable | undefined {
  const db = openLock(path)
  try {
    db.exec('pragma journal_mode = memory; begin exclusive')
    return { [Symbol.dispose]: () => db.close() }
  } catch (error) {
    db.close()
    if (isBusy(error)) return undefined
    throw storeError(error, path)
  }
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw storeError(error, path)
  }
}

/** Takes the lock of `folder`, waiting for its owner up to `waitMs`. Throws `DATA_FOLDER_OWNED`, naming the owner. */
export async function acquireOwnerLock(folder: string, wait: OwnerWait): Promise<Disposable> {
  const { owner } = layoutOf(folder)
  const { clock, waitMs, signal } = wait
  let askAt = clock.monotonicMs()
  const until = clock.monotonicMs() + Math.max(waitMs, GRACE_MS)
  for (;;) {
    if (signal?.aborted === true) throw new Cancelled(`waiting for ${folder} was given up`)
    const lock = tryLock(owner)
    if (lock !== undefined) return lock
    if (clock.monotonicMs() >= until) throw owned(folder)
    if (clock.monotonicMs() >= askAt) {
      askAt += OWNER_ASK_MS
      wait.onOwned?.()
    }
    await new Promise<void>((resolve) => void clock.timer(OWNER_POLL_MS, resolve))
  }
}

function owned(folder: string): SkeinError {
  const owner = ownerOf(folder)
  const who =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid} on ${owner.hostname} (since ${new Date(owner.since).toISOString()}, epoch ${owner.epoch})`
  return new SkeinError(
    'DATA_FOLDER_OWNED',
    `${folder} is in use by ${who}; wait for it, stop it, or choose another folder with --data`,
    { data: owner },
  )
}

/** Who wrote itself down as owner last; it may be dead. */
export function ownerOf(folder: string): OwnerInfo | undefined {
  const text = noteOf(folder, 'owner')
  return text === undefined ? undefined : (JSON.parse(text) as OwnerInfo)
}

/** What an owner wrote down about itself; undefined when it cannot be read. */
export function noteOf(folder: string, key: 'owner' | 'socket'): string | undefined {
  try {
    using db = openForReader(layoutOf(folder).database)
    return metaTable(db).get(key)
  } catch {
    return undefined
  }
}

/** True when somebody holds the lock of `folder`. */
export function isOwned(folder: string): boolean {
  try {
    using db = new DatabaseSync(layoutOf(folder).owner, { readOnly: true, timeout: 0 })
    db.prepare('select 1 from sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  }
}
