/** Finds what is stuck in a data folder. */
import type { Member } from '../views/family.ts'
import { stuckOf } from '../views/stuck.ts'
import type { Stuck } from '../views/stuck.ts'
import type { Command } from '../words/command.ts'
import { memberOf } from './find.ts'
import type { Reader } from './find.ts'

/** How to look. */
export type StuckOptions = {
  readonly isHosted: boolean
  /** Workers run it, somewhere. */
  readonly isOnWorkers?: boolean
  /** False when its host does not answer. */
  readonly isAnswering?: boolean
  readonly command: Command
  readonly times?: number | undefined
  readonly fits?: (member: Member) => boolean
}

/** All that is stuck, with its cause; oldest process first. */
export async function findStuck(reader: Reader, options: StuckOptions): Promise<readonly Stuck[]> {
  const { isHosted, isOnWorkers = false, isAnswering = true, command, times, fits = () => true } = options
  const found: Stuck[] = []
  for await (const view of reader.list({ status: ['ready', 'running', 'waiting', 'parked'] })) {
    const member = await memberOf(reader, view)
    if (!fits(member)) continue
    const stuck = await stuckOf(member, {
      nowMs: Date.now(),
      isHosted,
      isOnWorkers,
      isAnswering,
      command,
      inspect: (pid) => reader.inspect(pid),
      ...(times === undefined ? {} : { times }),
    })
    if (stuck !== undefined) found.push(stuck)
  }
  return found
}
