/** Finds what an operator names: a process by pid or the beginning of one, an effect by `<pid>/<name>`. */
import { isOfBlobs } from '../../engine/index.ts'
import type { Engine, ProcessView } from '../../engine/index.ts'
import type { Control } from '../../kernel/index.ts'
import { asPid, errorData, SkeinError } from '../../std/index.ts'
import type { ErrorData, Pid } from '../../std/index.ts'
import { PIDS_SEARCHED_MAX } from '../limits.ts'
import type { Member } from '../views/family.ts'
import { Story } from '../views/story.ts'
import type { Entry } from '../views/entry.ts'
import { suggestion } from '../words/nearest.ts'

/** What looking needs; a live owner and a bare folder both have it. */
export type Reader = Pick<Engine, 'inspect' | 'list' | 'history'> & {
  /** Controls that a process has not heard yet, where that can be seen. */
  readonly pending?: (pid: Pid) => readonly Control[] | Promise<readonly Control[]>
}

const SHOWN_MAX = 5

/** The pid that `text` names: exactly, or as the beginning of only one. Throws `PROCESS_UNKNOWN`. */
export async function findProcess(reader: Reader, text: string): Promise<Pid> {
  const exact = await reader.inspect(asPid(text))
  if (exact !== undefined) return exact.pid
  const pids: string[] = []
  for await (const view of reader.list({ limit: PIDS_SEARCHED_MAX })) pids.push(view.pid)
  const matching = text === '' ? [] : pids.filter((pid) => pid.startsWith(text))
  if (matching.length === 1 && matching[0] !== undefined) return asPid(matching[0])
  if (matching.length > 1)
    throw new SkeinError(
      'PROCESS_UNKNOWN',
      `${text} could be ${matching.slice(0, SHOWN_MAX).join(', ')}${matching.length > SHOWN_MAX ? ', …' : ''}; write more of it`,
    )
  throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${text}.${suggestion(text, pids)} See: skein ps --all`)
}

/** A process with its story; undefined when there is none. */
export async function readMember(reader: Reader, pid: Pid): Promise<Member | undefined> {
  const view = await reader.inspect(pid)
  return view === undefined ? undefined : memberOf(reader, view)
}

/** The process of a view, with its story. */
export async function memberOf(reader: Reader, view: ProcessView): Promise<Member> {
  const pending = await reader.pending?.(view.pid)
  return { view, story: await readStory(reader, view.pid), ...(pending === undefined ? {} : { pending }) }
}

/** A process with its story, or, where payloads of it are not to be had, without one and with the reason. */
export type ShownMember = Member & { readonly unread?: SkeinError }

/** As `memberOf`, to be shown: one that cannot be read does not hide the others. */
export async function shownMember(reader: Reader, view: ProcessView): Promise<ShownMember> {
  try {
    return await memberOf(reader, view)
  } catch (thrown) {
    if (isUnreadable(thrown)) return { view, story: new Story(), unread: thrown }
    throw thrown
  }
}

/** Whether payloads of one process are not to be had. A store that is away is not a process that cannot be read. */
export const isUnreadable = (thrown: unknown): thrown is SkeinError => isOfBlobs(thrown) && !thrown.retryable

/** A process whose journal was asked for and cannot be read. */
export type Unread = { readonly pid: Pid; readonly definition: string; readonly unread: ErrorData }

/** A process whose journal cannot be read, and why. */
export function unreadOf({ pid, workflow }: ProcessView, why: SkeinError): Unread {
  return { pid, definition: workflow, unread: errorData(why) }
}

/**
 * What `judge` makes of a process. Where its journal cannot be read it is judged by its view alone; undefined, and `tell` hears
 * why, where the journal is asked for.
 */
export async function judged<T>(
  reader: Reader,
  view: ProcessView,
  about: { readonly judge: (member: Member) => T | Promise<T>; readonly tell: (unread: Unread) => void },
): Promise<T | undefined> {
  try {
    return await about.judge(await memberOf(reader, view).catch((thrown: unknown) => viewAlone(view, thrown)))
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown
    about.tell(unreadOf(view, thrown))
    return undefined
  }
}

function viewAlone(view: ProcessView, thrown: unknown): Member {
  if (!isUnreadable(thrown)) throw thrown
  return {
    view,
    get story(): Story {
      throw thrown
    },
  }
}

/** All that a process's journal tells. */
export async function readStory(reader: Reader, pid: Pid, story = new Story()): Promise<Story> {
  for await (const frame of reader.history(pid)) story.apply(frame.facts)
  return story
}

/** The effect that `<pid>/<name>`, `<pid>/<name>#2` or `<pid>/<full key>` names. Throws `PROCESS_UNKNOWN`, `EFFECT_UNKNOWN`. */
export async function findEffect(
  reader: Reader,
  text: string,
): Promise<{ readonly pid: Pid; readonly entry: Entry; readonly story: Story }> {
  const slash = text.indexOf('/')
  if (slash < 0)
    throw new SkeinError('EFFECT_UNKNOWN', `${text} names no effect: write <pid>/<name>, as skein inbox shows it`)
  const pid = await findProcess(reader, text.slice(0, slash))
  const story = await readStory(reader, pid)
  const name = text.slice(slash + 1)
  const entry = story.find(name)
  if (entry === undefined) {
    const names = [...story.entries.values()].map((known) => known.name)
    throw new SkeinError(
      'EFFECT_UNKNOWN',
      `${pid} has no effect ${name}.${suggestion(name, names)} See: skein show ${pid}`,
    )
  }
  return { pid, entry, story }
}
