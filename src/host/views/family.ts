/**
 * A run as it is now: its processes with their stories, refreshed from what changed.
 *
 * Invariants:
 * 1. What is shown of a process is one reading of the store plus the frames after it; nothing is guessed.
 * 2. An ended process keeps its counters and gives back the memory of its effects.
 */
import type { ProcessView } from '../../engine/index.ts'
import type { Control } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import { asSeq } from '../../std/index.ts'
import { FOLLOWED_PROCESSES_MAX } from '../limits.ts'
import { isUnreadable } from '../operate/find.ts'
import type { Reader, ShownMember } from '../operate/find.ts'
import { Story } from './story.ts'

/** One process: what the engine says of it, and what its journal tells. */
export type Member = {
  readonly view: ProcessView
  readonly story: Story
  /** Given from outside, and not heard by the process yet. */
  readonly pending?: readonly Control[]
}

/** A root and all below it. */
export class Family {
  readonly members = new Map<Pid, ShownMember>()
  readonly #children = new Map<Pid, Pid[]>()
  readonly #reader: Reader
  readonly #root: Pid
  readonly #showsUnread: boolean

  /** `showsUnread`: a process whose journal cannot be read is a member without a story, and not a failure. */
  constructor(reader: Reader, root: Pid, { showsUnread = false } = {}) {
    this.#reader = reader
    this.#root = root
    this.#showsUnread = showsUnread
  }

  get root(): ShownMember | undefined {
    return this.members.get(this.#root)
  }

  /** Reads every process of the run. */
  async readAll(): Promise<void> {
    for await (const view of this.#reader.list({ root: this.#root, limit: FOLLOWED_PROCESSES_MAX }))
      await this.#take(view)
  }

  /** Reads one process again, if it belongs to this run. True when it is not as it was. */
  async read(pid: Pid): Promise<boolean> {
    const view = await this.#reader.inspect(pid)
    if (view?.root !== this.#root || (!this.isWhole && !this.members.has(pid))) return false
    const before = stampOf(this.members.get(pid))
    await this.#take(view)
    return stampOf(this.members.get(pid)) !== before
  }

  /** All that the run has may be members; a larger run is followed in part. */
  get isWhole(): boolean {
    return this.members.size < FOLLOWED_PROCESSES_MAX
  }

  /** Children that were started and are no members yet. */
  strangers(): readonly Pid[] {
    return [...this.members.values()].flatMap(({ story }) =>
      [...story.entries.values()].flatMap(({ child }) =>
        child === undefined || this.members.has(child) ? [] : [child],
      ),
    )
  }

  /** Children of a process, oldest first. */
  children(parent: Pid): ShownMember[] {
    const pids = this.#children.get(parent) ?? []
    return pids.flatMap((pid) => this.members.get(pid) ?? []).sort(byAge)
  }

  #adopt(parent: Pid, child: Pid): void {
    const siblings = this.#children.get(parent)
    if (siblings === undefined) this.#children.set(parent, [child])
    else siblings.push(child)
  }

  async #take(view: ProcessView): Promise<void> {
    const known = this.members.get(view.pid)
    const story = known?.story ?? new Story()
    if (known === undefined && view.parent !== undefined) this.#adopt(view.parent, view.pid)
    const pending = await this.#reader.pending?.(view.pid)
    this.members.set(view.pid, { view, story, ...(pending === undefined ? {} : { pending }) })
    if (known !== undefined && story.ended !== undefined) return story.compact()
    try {
      for await (const frame of this.#reader.history(view.pid, asSeq(story.nextSeq))) story.apply(frame.facts)
    } catch (thrown) {
      if (!this.#showsUnread || !isUnreadable(thrown)) throw thrown
      // The half of a journal would tell of waits that are long over.
      this.members.set(view.pid, { view, story: new Story(), unread: thrown })
    }
    if (story.ended !== undefined) story.compact()
  }
}

/** Differs where two readings of a process do. */
function stampOf(member: Member | undefined): string {
  if (member === undefined) return ''
  const { view, story, pending = [] } = member
  return [view.status, view.activations, view.mailbox, story.nextSeq, ...pending.map(({ id }) => id)].join(' ')
}

const byAge = (a: Member, b: Member): number =>
  a.view.createdAt - b.view.createdAt || (a.view.pid < b.view.pid ? -1 : 1)
