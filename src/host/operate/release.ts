/** Ends the quarantine of a restored folder. */
import { randomUUID } from 'node:crypto'
import type { Engine } from '../../engine/index.ts'
import { baseKey } from '../../kernel/index.ts'
import type { Quarantine } from '../../kernel/index.ts'

/** What was lifted, and how many writes go on. */
export type Released = { readonly quarantine: Quarantine | undefined; readonly writes: number }

/** Lifts the quarantine, then lets every write that it held be done. Cut off in the middle, it can be said again. */
export async function releaseFolder(
  engine: Pick<Engine, 'list' | 'control' | 'quarantine' | 'setQuarantine'>,
  by: string,
): Promise<Released> {
  const { quarantine } = engine
  await engine.setQuarantine(undefined)
  let writes = 0
  for await (const { pid, waits } of engine.list({ status: ['ready', 'running', 'waiting', 'parked'] }))
    for (const { key, on } of waits) {
      if (on.kind !== 'operator' || on.held === undefined) continue
      await engine.control(pid, { id: randomUUID(), type: 'resolve', key: baseKey(key), how: 'again', by })
      writes += 1
    }
  return { quarantine, writes }
}
