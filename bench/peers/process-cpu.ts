/** CPU of processes that we started, and of theirs: what a server costs beside its client. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** Seconds of user and system time of a process, of all it started, and of those that have ended. */
export function cpuSecondsOf(pid: number): number {
  const all = new Map(processes().map((one) => [one.pid, one]))
  const isOurs = (one: Process | undefined): boolean =>
    one !== undefined && (one.pid === pid || isOurs(all.get(one.parent)))
  return [...all.values()].filter(isOurs).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND
}

type Process = { readonly pid: number; readonly parent: number; readonly ticks: number }

function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name of a program may hold anything; what follows its last bracket does not.
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
        const ticks = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0)
        return [{ pid: Number(name), parent: Number(fields[1]), ticks }]
      } catch {
        return []
      }
    })
}
