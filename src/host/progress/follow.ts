/**
 * Follows a run in this host until it ends, or rests until somebody outside acts.
 *
 * Invariants:
 * 1. It looks at a steady pace, whatever happens; between two looks news only mark what to read again.
 * 2. "Rests" is said only after two looks with no news in between; where others run it, after two readings that are the same.
 *    A reading finds whoever was started since the last one.
 */
import type { Host } from '../hosting/host.ts'
import { FAMILY_READS_PER_LOOK, REDRAW_MS } from '../limits.ts'
import type { Outcome } from '../../kernel/index.ts'
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import type { Family } from '../views/family.ts'
import { isEnded, restOf } from '../views/rest.ts'
import type { Need } from '../views/rest.ts'

/** Where a run has come to. */
export type Followed =
  | { readonly type: 'ended'; readonly outcome: Outcome }
  | { readonly type: 'resting'; readonly needs: readonly Need[] }
  | { readonly type: 'stopped' }

/** What hears of it. */
export type Follower = {
  /** After every look. */
  looked(family: Family): void
  /** It rests: true to go on following. */
  resting(needs: readonly Need[]): Promise<boolean> | boolean
}

/** Follows the run of `family`, which is kept up to date. `stop` ends it early. */
export async function followRun(
  host: Host,
  family: Family,
  pid: Pid,
  follower: Follower,
  stop: AbortSignal,
): Promise<Followed> {
  const dirty = new Set<Pid>([pid])
  using _listening = host.news.listen((news) => void dirty.add(news.pid))
  const end = endOf(host, pid)
  await family.readAll()
  let quietLooks = 0
  for (;;) {
    follower.looked(family)
    const over = await Promise.race([end, pause(stop)])
    if (stop.aborted && over === undefined) return { type: 'stopped' }
    quietLooks = dirty.size === 0 ? quietLooks + 1 : 0
    const isReread = quietLooks % QUIET_READ_EVERY === (host.isOnEngine ? 0 : 1)
    const isNew = await refresh(family, dirty, isReread)
    if (over !== undefined) {
      await family.readAll()
      follower.looked(family)
      if (over.type === 'failed') throw over.error
      return over
    }
    // What goes on elsewhere makes no news here: only two readings tell, a second apart.
    if (host.isOnEngine ? quietLooks === 0 || !isReread || isNew : quietLooks < QUIET_LOOKS) continue
    const rest = restOf(family)
    if (rest.type === 'resting' && !(await follower.resting(rest.needs))) return rest
  }
}

/** Looks without news after which a run may be said to rest. */
const QUIET_LOOKS = 2
/** Of the looks without news, which ones read everything again. */
const QUIET_READ_EVERY = 8

type End =
  | { readonly type: 'ended'; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly error: SkeinError }

/** Resolves when the run is over. That it is parked is seen by looking, because an operator may mend it. */
function endOf(host: Host, pid: Pid): Promise<End> {
  const never = new Promise<never>(() => undefined)
  const wait = (): Promise<End> =>
    host.ends.outcome(pid).then(
      (outcome): End => ({ type: 'ended', outcome }),
      async (thrown: unknown): Promise<End> => {
        const view = await host.engine.inspect(pid).catch(() => undefined)
        if (view?.status !== 'parked') return { type: 'failed', error: toSkeinError(thrown, 'INTERNAL') }
        return unparked(host, pid).then(wait, () => never)
      },
    )
  return wait()
}

/** Resolves when a parked process has been set going again. */
function unparked(host: Host, pid: Pid): Promise<void> {
  return new Promise((resolve) => {
    const listening = host.news.listen((news) => {
      if (news.pid !== pid || news.type === 'rested') return
      listening[Symbol.dispose]()
      resolve()
    })
  })
}

/** True when something is not as it was. */
async function refresh(family: Family, dirty: Set<Pid>, quiet: boolean): Promise<boolean> {
  const pids = [...dirty].slice(0, FAMILY_READS_PER_LOOK)
  for (const pid of pids) dirty.delete(pid)
  // A status may change without a fact, so what is not over is read again while nothing else happens.
  if (quiet)
    pids.push(
      ...[...family.members.values()]
        .filter((member) => !isEnded(member.view.status))
        .map((member) => member.view.pid)
        .slice(0, FAMILY_READS_PER_LOOK),
    )
  let isNew = false
  for (const pid of pids) isNew = (await family.read(pid)) || isNew
  // Where others run it no news tells of a child: its parent's journal does.
  if (quiet && family.isWhole)
    for (const pid of family.strangers().slice(0, FAMILY_READS_PER_LOOK)) isNew = (await family.read(pid)) || isNew
  return isNew
}

function pause(stop: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stop.removeEventListener('abort', done)
      resolve(undefined)
    }
    const timer = setTimeout(done, REDRAW_MS)
    stop.addEventListener('abort', done, { once: true })
  })
}
