/** Finds what is stuck in a data folder. */
import type { Member } from '../views/family.ts'
import { stuckOf } from '../views/stuck.ts'
import type { Stuck } from '../views/stuck.ts'
import type { Command } from '../words/command.ts'
import { judged } from './find.ts'
import type { Reader, Unread } from './find.ts'
import type { ProcessView } from '../../engine/index.ts'

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

/** All that is stuck, with its cause, oldest process first; what cannot be read is among them, as nobody knows. */
export async function findStuck(reader: Reader, options: StuckOptions): Promise<readonly Stuck[]> {
  const { isHosted, isOnWorkers = false, isAnswering = true, command, times, fits = () => true } = options
  const found: Stuck[] = []
  const judge = async (member: Member): Promise<Stuck | undefined> => {
    if (!fits(member)) return undefined
    return stuckOf(member, {
      nowMs: Date.now(),
      isHosted,
      isOnWorkers,
      isAnswering,
      command,
      inspect: (pid) => reader.inspect(pid),
      ...(times === undefined ? {} : { times }),
    })
  }
  for await (const view of reader.list({ status: ['ready', 'running', 'waiting', 'parked'] })) {
    const stuck = await judged(reader, view, { judge, tell: (one) => found.push(unreadStuck(view, one)) })
    if (stuck !== undefined) found.push(stuck)
  }
  return found
}

function unreadStuck({ updatedAt }: ProcessView, about: Unread): Stuck {
  const { code, message } = about.unread
  const why = `its journal cannot be read: ${code}: ${message}`
  return { ...about, cause: 'unread', why, mend: [], forMs: Math.max(0, Date.now() - updatedAt) }
}
