/** Progress without a terminal: a line per noteworthy event, and never a flood. */
import type { Fact } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { HostNews } from '../hosting/news.ts'
import { PLAIN_LINES_PER_SECOND_MAX } from '../limits.ts'
import { Story } from '../views/story.ts'
import { factWords } from '../words/fact.ts'
import { shortPid } from '../words/pid.ts'
import { oneLine } from '../words/value.ts'

const LOG_LINE_MAX = 400
const NAME_WIDTH = 24
const VERB_WIDTH = 9
const WINDOW_MS = 1_000

/** Turns news into lines; what it has not seen begin it does not show. */
export class PlainProgress implements Disposable {
  readonly #write: (line: string) => void
  readonly #now: () => number
  readonly #stories = new Map<Pid, Story>()
  #windowAt = 0
  #inWindow = 0
  #held = 0

  readonly #root: Pid

  /** Only processes of the run `root` are shown. */
  constructor(write: (line: string) => void, now: () => number, root: Pid) {
    this.#write = write
    this.#now = now
    this.#root = root
  }

  /** A story read before, so that resumed processes keep their names. */
  knows(pid: Pid, story: Story): void {
    this.#stories.set(pid, story)
  }

  hear(news: HostNews): void {
    switch (news.type) {
      case 'frame':
        return this.#frame(news.pid, news.facts)
      case 'log':
        return this.#say(`${shortPid(news.pid)}  ${oneLine(news.text, LOG_LINE_MAX)}`)
      case 'progress':
      case 'emit':
      case 'resumed':
      case 'rested':
        return
    }
  }

  #frame(pid: Pid, facts: readonly Fact[]): void {
    const story = this.#stories.get(pid) ?? new Story()
    this.#stories.set(pid, story)
    story.apply(facts)
    if (story.born?.root !== this.#root) return
    for (const fact of facts) {
      if (!isNoteworthy(fact, story)) continue
      const { verb, subject, detail } = factWords(fact, story)
      const name = verb === 'born' || verb === 'ended' ? shortPid(pid) : `${shortPid(pid)}/${subject}`
      const rest = verb === 'born' ? subject : verb === 'ended' ? `${subject} ${detail}` : detail
      this.#say(
        `${name.padEnd(NAME_WIDTH)}  ${verb.padEnd(VERB_WIDTH)} ${oneLine(rest, LOG_LINE_MAX)}`.trimEnd(),
        isUrgent(fact),
      )
    }
    if (story.ended !== undefined) this.#stories.delete(pid)
  }

  /** Says how much was held back. */
  [Symbol.dispose](): void {
    if (this.#held > 0) this.#write(`… ${this.#held} more lines; see skein log`)
    this.#held = 0
  }

  #say(line: string, isUrgent = false): void {
    const now = this.#now()
    if (now - this.#windowAt >= WINDOW_MS) {
      this[Symbol.dispose]()
      this.#windowAt = now
      this.#inWindow = 0
    }
    this.#inWindow += 1
    if (isUrgent || this.#inWindow <= PLAIN_LINES_PER_SECOND_MAX) this.#write(line)
    else this.#held += 1
  }
}

/** What somebody must act on is never held back. */
function isUrgent(fact: Fact): boolean {
  return fact.type === 'unknown' || (fact.type === 'waiting' && fact.on.kind !== 'timer')
}

function isNoteworthy(fact: Fact, story: Story): boolean {
  switch (fact.type) {
    case 'born':
    case 'ended':
    case 'unknown':
    case 'resolved':
      return true
    case 'settled': {
      const entry = story.find(fact.key)
      return (
        entry?.class === 'read' || entry?.class === 'write' || (fact.attempt === 0 && fact.outcome.type === 'error')
      )
    }
    case 'intended':
      return fact.attempt > 1
    case 'waiting':
      return ['approval', 'answer', 'budget', 'operator', 'timer', 'promise'].includes(fact.on.kind)
    case 'answered':
      return fact.by !== undefined
    case 'account':
      return fact.op === 'topUp' || (fact.op === 'forfeit' && (fact.amounts.microUsd ?? 0) > 0)
    default:
      return false
  }
}
