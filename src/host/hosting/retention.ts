/**
 * Retention: erases what runs that ended long ago were given, did and gave, a few at a time.
 *
 * Invariants:
 * 1. A run is erased as a whole, when all of it ended before the time that its root's definition (or the host) says.
 * 2. A run whose definition is not here is kept: it may have been meant to be kept for ever.
 * 3. Between two batches the event loop is free; what is left waits for the next round.
 * 4. A run that cannot be erased, because its payloads are out of reach or it is in the hands of a move, holds up no other.
 * 5. Once in the life of a host, what was said by runs that are erased or gone is removed: an older version, which does not
 *    know where that is kept, may have erased them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isOfBlobs } from '../../engine/index.ts'
import type { Engine, ProcessView, Query, StreamMedium } from '../../engine/index.ts'
import type { CodeRegistry } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { RETENTION_BATCH_RUNS, RETENTION_ROUND_MS, RETENTION_SAID_PAGE, RETENTION_SAID_PAUSE_MS } from '../limits.ts'

/** Who erases, as it stands in the journals. */
const BY = 'retention'

/** What retention needs to know. */
export type RetentionParts = {
  readonly engine: Engine
  readonly streams?: Pick<StreamMedium, 'remove' | 'pids'> | undefined
  readonly code: Pick<CodeRegistry, 'find'> & { names(): readonly string[] }
  /** For definitions that say nothing; absent: for ever. */
  readonly defaultMs: number | undefined
  readonly now: () => number
}

/** Runs that could not be erased, and why. */
type Left = Map<Pid, SkeinError>

/** One round. Returns how many runs were erased; as many as a batch holds means that there may be more. */
export async function sweep(parts: RetentionParts, left: Left = new Map()): Promise<number> {
  const { code, defaultMs, now } = parts
  const own = new Map<string, number>()
  for (const name of code.names()) {
    const ms = code.find(name)?.definition.retentionMs
    if (ms !== undefined) own.set(name, ms)
  }
  let erased = 0
  for (const [workflow, ms] of own)
    if (Number.isFinite(ms))
      erased += await sweepRuns({ ...parts, left }, { workflow, endedBefore: now() - ms }, () => true)
  if (defaultMs !== undefined && Number.isFinite(defaultMs))
    erased += await sweepRuns(
      { ...parts, left },
      { endedBefore: now() - defaultMs },
      ({ workflow }) => code.find(workflow) !== undefined && !own.has(workflow),
    )
  return erased
}

async function sweepRuns(
  { engine, streams, left }: RetentionParts & { readonly left: Left },
  query: Pick<Query, 'workflow'> & { readonly endedBefore: number },
  isMeant: (root: ProcessView) => boolean,
): Promise<number> {
  let erased = 0
  for await (const view of engine.list({ ...query, isErased: false })) {
    if (view.root !== view.pid || !isMeant(view) || left.has(view.pid)) continue
    try {
      if (await eraseIfOver({ engine, streams }, view, query.endedBefore)) erased += 1
    } catch (thrown) {
      if (!isOfOneRun(thrown)) throw thrown
      left.set(view.pid, thrown)
    }
    if (erased === RETENTION_BATCH_RUNS) break
  }
  return erased
}

/** Its move was broken off, and somebody may end it still; or its payloads are lost. A store that is away is away for all. */
function isOfOneRun(thrown: unknown): thrown is SkeinError {
  if (isOfBlobs(thrown)) return !thrown.retryable
  return SkeinError.isInstance(thrown) && (thrown.code === 'RUN_MOVED' || thrown.code === 'RUN_NOT_AT_REST')
}

/** A detached child that still runs keeps the whole run. */
async function eraseIfOver(
  { engine, streams }: Pick<RetentionParts, 'engine' | 'streams'>,
  root: ProcessView,
  endedBefore: number,
): Promise<boolean> {
  const members: ProcessView[] = []
  for await (const view of engine.list({ root: root.pid })) members.push(view)
  if (members.some(({ endedAt }) => endedAt === undefined || endedAt >= endedBefore)) return false
  // The root last: it is what a round that was cut off looks for.
  for (const { pid } of members.toReversed()) {
    await streams?.remove(pid)
    await engine.erase(pid, { by: BY })
  }
  return true
}

function leftBehind([pid, why]: readonly [Pid, SkeinError], count: number): SkeinError {
  const others = count === 1 ? 'is' : `and ${count - 1} more are`
  return new SkeinError(why.code, `${pid} ${others} not erased: ${why.code}: ${why.message}`, { cause: why })
}

/** Removes what was said by runs that are erased or gone, until `isOver`. */
async function sweepSaid({ engine, streams }: RetentionParts, isOver: () => boolean): Promise<void> {
  let page: readonly Pid[] = []
  do {
    page = streams?.pids?.(page.at(-1) ?? '', RETENTION_SAID_PAGE) ?? []
    for (const pid of page) {
      const view = await engine.inspect(pid)
      if (isOver()) return
      if (view === undefined || view.erased !== undefined) await streams?.remove(pid)
    }
    await sleep(RETENTION_SAID_PAUSE_MS, undefined, { ref: false })
  } while (page.length > 0 && !isOver())
}

/** Sweeps now and then until disposed; `failed` hears why a round was given up, and what it left. */
export function keepRetention(parts: RetentionParts, failed: (thrown: unknown) => void): Disposable {
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let isSaidSwept = false
  const again = (delayMs: number): void => {
    if (!isOver) timer = setTimeout(() => void round(), delayMs).unref()
  }
  /** Since the last pause: tried again after the next. */
  let left: Left = new Map()
  const tried = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act()
    } catch (thrown) {
      if (!isOver) failed(thrown)
      return undefined
    }
  }
  const round = async (): Promise<void> => {
    const erased = await tried(() => sweep(parts, left))
    if (erased !== undefined && erased >= RETENTION_BATCH_RUNS) return again(0)
    // Whatever ended the sweep: nobody is left out in silence.
    const [first] = left
    if (first !== undefined && !isOver) failed(leftBehind(first, left.size))
    left = new Map()
    isSaidSwept ||= (await tried(() => sweepSaid(parts, () => isOver).then(() => true))) === true
    again(RETENTION_ROUND_MS)
  }
  again(0)
  return {
    [Symbol.dispose]: () => {
      isOver = true
      clearTimeout(timer)
    },
  }
}
