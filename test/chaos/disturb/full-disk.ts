/** A disk that fills up at random: a small file system of its own, where this machine lets us mount one. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Disturbance } from './disturbance.ts'
import { kills, usualFate } from './kills.ts'

const ROOM_KB = [160, 900] as const
const MORE_KB = 200
/** Room for everything. */
const AMPLE_KB = 64_000

/** A file system of so many kilobytes at `folder`. Throws where that is not allowed. */
function mount(folder: string, kilobytes: number, isThere: boolean): void {
  mkdirSync(folder, { recursive: true })
  const options = `${isThere ? 'remount,' : ''}size=${kilobytes}k`
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
}

/** True where we may mount a file system. */
export function canMount(folder: string): boolean {
  try {
    mount(folder, ROOM_KB[0], false)
    execFileSync('umount', [folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Kills as usual, on a file system with too little room that grows after each life. */
export const fullDisks: Disturbance = async (subject) => {
  const disk = dirname(subject.order.folder)
  let room = subject.random.between(...ROOM_KB)
  mount(disk, room, false)
  return kills({
    mayStop: true,
    fate: (one, killed) => (subject.random.chance(0.5) ? usualFate(one, killed) : {}),
    between: ({ random }) => {
      room = random.chance(0.1) ? AMPLE_KB : room + random.between(0, MORE_KB)
      mount(disk, room, true)
      return {}
    },
  })(subject)
}

/** Lets go of the file system of a run that has been judged; nothing when there is none. */
export function unmount(folder: string): void {
  try {
    execFileSync('umount', ['-l', dirname(folder)], { stdio: 'ignore' })
  } catch {
    // It was not mounted.
  }
}
