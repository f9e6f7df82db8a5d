/**
 * The process group of one command, and whatever fled from it.
 *
 * Job: end a command with all its descendants, and nothing else.
 *
 * Invariants:
 * 1. A signal goes only to a process, or to a group with a member, that is known by number *and* start time.
 * 2. The group is killed as a whole; descendants that left it by `setsid` are killed one by one, found by session,
 *    by parent, or by the mark in the environment they were started with. This is best effort: a descendant that
 *    leaves the session, outlives its parent between two samples and clears its environment gets away.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { EXEC_KILL_MS_MAX, EXEC_SAMPLE_MS_MAX } from '../limits.ts'
import type { ProcessRow } from './process-table.ts'
import { bootId, hasEnvironment, memoryBytesOf, processRow, processTable } from './process-table.ts'

/** The name of the environment variable that marks descendants. */
export const MARK = 'SKEIN_EXEC'
const DEATH_POLL_MS = 10

/** What a later owner needs to kill the group: plain data. `startTime` is empty where the system does not tell it. */
export type ProcessGroup = { readonly pgid: number; readonly startTime: string }

/** The record of a group whose leader runs. */
export function groupOf(pid: number): ProcessGroup {
  const row = processRow(pid)
  return { pgid: pid, startTime: row === undefined ? '' : `${bootId()}/${row.startTicks}` }
}

/**
 * Kills a group that an earlier owner left behind, and waits for its death. True when surely nothing of it
 * lives any more; false when it cannot be told (no `/proc`) or does not die.
 */
export async function killGroup(pgid: number, startTime: string): Promise<boolean> {
  const [boot, ticks] = startTime.split('/')
  if (boot === undefined || boot === '' || ticks === undefined || !Number.isInteger(pgid) || pgid <= 1) return false
  return boot === bootId() ? new TrackedGroup({ pgid, startTime }, undefined).end() : processTable() !== undefined
}

/** A group under watch. */
export class TrackedGroup {
  readonly #pgid: number
  readonly #startTicks: number
  readonly #markEntry: string | undefined
  /** Descendants by number, with their start times. */
  readonly #seen = new Map<number, number>()

  constructor(group: ProcessGroup, mark: string | undefined) {
    this.#pgid = group.pgid
    this.#startTicks = Number(group.startTime.split('/')[1] ?? 0)
    this.#markEntry = mark === undefined ? undefined : `${MARK}=${mark}`
  }

  /** Notes who belongs to it; gives the memory of all, or undefined where that cannot be seen. */
  sample(): number | undefined {
    const table = processTable(EXEC_SAMPLE_MS_MAX / 2)
    if (table === undefined) return undefined
    return this.#living(table).reduce((sum, row) => sum + memoryBytesOf(row.pid), 0)
  }

  /** Kills everything that belongs to it, until it is gone. False when that cannot be told or takes too long. */
  async end(): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < EXEC_KILL_MS_MAX; waitedMs += DEATH_POLL_MS) {
      const table = processTable()
      if (table === undefined) {
        signal(-this.#pgid)
        return false
      }
      const living = [...this.#living(table), ...this.#marked(table)]
      if (living.length === 0) return true
      if (living.some((row) => row.pgrp === this.#pgid)) signal(-this.#pgid)
      for (const row of living) if (row.pgrp !== this.#pgid) signal(row.pid)
      await delay(DEATH_POLL_MS)
    }
    return false
  }

  /** Members of the group and its session, and their descendants wherever they are. */
  #living(table: readonly ProcessRow[]): ProcessRow[] {
    // A leader of that number with another start time leads another group.
    const isReused = table.some((row) => row.pid === this.#pgid && row.startTicks !== this.#startTicks)
    const isMember = (row: ProcessRow): boolean =>
      !isReused && row.startTicks >= this.#startTicks && (row.pgrp === this.#pgid || row.session === this.#pgid)
    const ours = new Set(table.filter((row) => isMember(row) || this.#seen.get(row.pid) === row.startTicks))
    for (let before = -1; before < ours.size;) {
      before = ours.size
      const pids = new Set([...ours].map((row) => row.pid))
      for (const row of table) if (pids.has(row.ppid)) ours.add(row)
    }
    for (const row of ours) this.#seen.set(row.pid, row.startTicks)
    return [...ours].filter((row) => !row.isZombie)
  }

  #marked(table: readonly ProcessRow[]): ProcessRow[] {
    const entry = this.#markEntry
    if (entry === undefined) return []
    const marked = table.filter(
      (row) => row.startTicks >= this.#startTicks && !row.isZombie && hasEnvironment(row.pid, entry),
    )
    for (const row of marked) this.#seen.set(row.pid, row.startTicks)
    return marked
  }
}

function signal(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
