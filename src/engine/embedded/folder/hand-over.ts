import type { Clock } from '../../../std/index.ts'
import { ControlClient } from '../control/control-client.ts'
import { layoutOf } from './layout.ts'
import { noteOf } from './owner-lock.ts'

/** Tells the owner of a folder that somebody waits for it. It may stay, be on its way out, or be too old to understand. */
export function askOwnerToLeave(folder: string, clock: Clock): void {
  const client = new ControlClient(noteOf(folder, 'socket') ?? layoutOf(folder).socket, clock)
  client
    .call({ op: 'handOver' })
    .catch(() => undefined)
    .finally(() => client[Symbol.dispose]())
}
