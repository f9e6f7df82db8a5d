/** The processes of this machine, from `/proc`. Where there is none (macOS), nothing is known, and that is said. */
import { readdirSync, readFileSync } from 'node:fs'

/** A process at one moment. `startTicks` tells it from an older or newer one with the same number. */
export type ProcessRow = {
  readonly pid: number
  readonly ppid: number
  readonly pgrp: number
  readonly session: number
  readonly startTicks: number
  readonly isZombie: boolean
}

let latest: { readonly atMs: number; readonly rows: readonly ProcessRow[] } | undefined

/** All processes, not older than `ageMsMax`; undefined where there is no `/proc`. */
export function processTable(ageMsMax = 0): readonly ProcessRow[] | undefined {
  const nowMs = performance.now()
  if (latest !== undefined && nowMs - latest.atMs < ageMsMax) return latest.rows
  const pids = numbersIn('/proc')
  if (pids === undefined) return undefined
  const rows = pids.map((pid) => processRow(pid)).filter((row) => row !== undefined)
  latest = { atMs: nowMs, rows }
  return rows
}

/** One process; undefined when there is none of that number. */
export function processRow(pid: number): ProcessRow | undefined {
  const stat = readProc(pid, 'stat')
  // The command's name is in parentheses and may itself contain some.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || fields.length < 20) return undefined
  const [state, ppid, pgrp, session] = fields
  return {
    pid,
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    session: Number(session),
    startTicks: Number(fields[19]),
    isZombie: state === 'Z' || state === 'X',
  }
}

/** Memory that is the process's own: file-backed pages, which many share, are not counted. */
export function memoryBytesOf(pid: number): number {
  const status = readProc(pid, 'status') ?? ''
  let kib = 0
  for (const match of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) kib += Number(match[1])
  return kib * 1024
}

/** True if the process was started with this entry in its environment. */
export function hasEnvironment(pid: number, entry: string): boolean {
  return readProc(pid, 'environ')?.split('\0').includes(entry) ?? false
}

/** What tells this start of the machine from others; empty where there is no `/proc`. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function numbersIn(folder: string): readonly number[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return undefined
  }
}

/** Processes come and go while they are read. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
