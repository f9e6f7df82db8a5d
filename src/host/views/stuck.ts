/**
 * What is stuck, why, and what mends it. A process is stuck when nothing it waits for can come by itself: it has made no fact
 * for N times the time-out of its effect in flight, or has nothing to wait for and does not move, or waits for what cannot come.
 *
 * What waits for a person (an approval, an answer, money, a switch) is not stuck: it is in the inbox.
 */
import type { ProcessStatus, ProcessView } from '../../engine/index.ts'
import type { WaitOn } from '../../kernel/index.ts'
import type { ErrorData, Pid } from '../../std/index.ts'
import { STUCK_LATE_MS, STUCK_STILL_MS, STUCK_TIMES_DEFAULT } from '../limits.ts'
import { elapsedWords } from '../words/amounts.ts'
import type { Command } from '../words/command.ts'
import { shortPid } from '../words/pid.ts'
import type { Member } from './family.ts'
import { entryNeeds, isEnded } from './rest.ts'
import type { Entry } from './entry.ts'

/** Why a process is stuck. */
export type StuckCause =
  | 'host-is-blocked'
  | 'effect-hangs'
  | 'does-not-move'
  | 'nobody-runs-it'
  | 'timer-is-past'
  | 'child-is-stuck'
  | 'child-has-ended'
  | 'child-is-unknown'
  | 'sender-is-gone'
  | 'held-by-a-move'
  | 'parked'
  | 'unread'

/** A process that is stuck. */
export type Stuck = {
  readonly pid: Pid
  readonly definition: string
  readonly cause: StuckCause
  readonly why: string
  readonly mend: readonly string[]
  /** How long it has been so. */
  readonly forMs: number
  /** Why its journal cannot be read: nobody can say whether it is stuck. */
  readonly unread?: ErrorData
}

/** What judging a process needs to know beside it. */
export type Around = {
  readonly nowMs: number
  /** Somebody runs the data folder now. */
  readonly isHosted: boolean
  /** Workers run it, somewhere: whether there is one nobody here knows. */
  readonly isOnWorkers?: boolean
  /** False when whoever holds the folder does not answer: its thread is blocked. */
  readonly isAnswering?: boolean
  /** How many times the time-out of an effect is too long. */
  readonly times?: number
  /** Writes the commands that mend. */
  readonly command: Command
  readonly inspect: (pid: Pid) => Promise<ProcessView | undefined>
}

const MOVABLE: readonly ProcessStatus[] = ['ready', 'running']

/** Whether it is stuck, and why; undefined when it moves, or waits for what can come. */
export async function stuckOf(member: Member, around: Around): Promise<Stuck | undefined> {
  const { view } = member
  if (isEnded(view.status)) return undefined
  const found =
    held(member, around) ??
    parked(member, around) ??
    deaf(member, around) ??
    hanging(member, around) ??
    standing(member, around) ??
    (await waiting(member, around))
  if (found === undefined) return undefined
  const since = found.since ?? (member.story.lastAt === 0 ? view.updatedAt : member.story.lastAt)
  const { cause, why, mend } = found
  return { pid: view.pid, definition: view.workflow, cause, why, mend, forMs: Math.max(0, around.nowMs - since) }
}

type Found = Pick<Stuck, 'cause' | 'why' | 'mend'> & { readonly since?: number }

/** A move that goes on lets it go in a moment. When it was begun nobody knows here. */
function held({ view }: Member, { nowMs }: Around): Found | undefined {
  if (view.heldBy === undefined) return undefined
  return {
    cause: 'held-by-a-move',
    why: `the move ${view.heldBy} holds it: what comes for it is kept, and it does not wake until that goes on or lets it go`,
    mend: [`ask for that move once more, or call it off with --back: skein move ${view.root} --from … --to …`],
    since: nowMs,
  }
}

function parked({ view }: Member, { command }: Around): Found | undefined {
  if (view.status !== 'parked') return undefined
  const why = `it is parked: ${view.parked?.code ?? 'INTERNAL'}: ${view.parked?.message ?? 'it does not say why'}`
  const pid = shortPid(view.pid)
  return { cause: 'parked', why, mend: [command('retry', pid), command('cancel', pid)], since: view.updatedAt }
}

/** Whoever runs it holds the folder, and does not answer: nothing in that process moves. */
function deaf({ view, story }: Member, { isHosted, isAnswering = true }: Around): Found | undefined {
  const isMoving = MOVABLE.includes(view.status) || story.inFlight().some((entry) => entry.kind !== 'child')
  if (!isHosted || isAnswering || !isMoving) return undefined
  return {
    cause: 'host-is-blocked',
    why:
      'its host holds the data folder and does not answer: code in it blocks the thread (a loop without an await, a ' +
      'synchronous call), in this process or in another that runs there',
    mend: ['look at the CPU of the host (who it is: fuser <data folder>/owner)', 'restart it'],
  }
}

/** An effect in flight that has had its time, and then some. */
function hanging(
  { view, story }: Member,
  { nowMs, isHosted, command, times: timesMax = STUCK_TIMES_DEFAULT }: Around,
): Found | undefined {
  const flying = story.inFlight().filter((entry) => entry.kind !== 'child')
  const [longest] = flying.sort((a, b) => b.timeoutMs - a.timeoutMs)
  if (longest === undefined) return undefined
  if (!isHosted)
    return unhosted(view, nowMs - story.lastAt, { what: `${longest.name} was in flight when its host went`, command })
  const stillMs = nowMs - Math.max(story.lastAt, longest.begunAt ?? 0)
  const limitMs = Math.max(longest.timeoutMs, STUCK_LATE_MS) * timesMax
  if (stillMs <= limitMs) return undefined
  const pid = shortPid(view.pid)
  const times = Math.floor(stillMs / Math.max(1, longest.timeoutMs))
  return {
    cause: 'effect-hangs',
    why:
      `${longest.name} is in flight, and no fact has come for ${elapsedWords(stillMs)}, ${times} times its time-out of ` +
      `${elapsedWords(longest.timeoutMs)}: its host is blocked, or its driver does not answer its signal`,
    mend: ['restart the host: what is in flight is recovered by its class', command('cancel', pid)],
  }
}

/** Nothing in flight, nothing waited for, and it does not move. */
function standing(member: Member, { nowMs, isHosted, isOnWorkers, command }: Around): Found | undefined {
  const { view, story } = member
  if (!MOVABLE.includes(view.status)) return undefined
  const stillMs = nowMs - Math.max(story.lastAt, view.updatedAt)
  if (!isHosted && isForPeople(member)) return undefined
  if (!isHosted) return unhosted(view, stillMs, { what: 'it is ready to go on', command })
  if (stillMs < STUCK_STILL_MS || story.inFlight().some((entry) => entry.kind !== 'child')) return undefined
  if (view.status === 'running' && view.waits.length > 0 && !view.waits.some(({ on }) => isPast(on, nowMs)))
    return undefined
  if (isOnWorkers === true && view.status === 'ready')
    return {
      cause: 'nobody-runs-it',
      why: 'it is ready to go on, and no worker takes it',
      mend: [view.file === undefined ? 'start a worker that has its code' : command('worker', view.file)],
    }
  return {
    cause: 'does-not-move',
    why:
      `it is ${view.status} and has made no fact for ${elapsedWords(stillMs)}, with nothing in flight: its code, or another's ` +
      'in the same host, blocks the thread (a loop without an await, a synchronous call)',
    mend: ['look at the CPU of the host; a loop is shown by: kill -USR1 <host>, then a debugger', 'restart the host'],
  }
}

/** All it waits for is somebody's to give, and nobody has: its last host went before it could note that it waits. */
function isForPeople(member: Member): boolean {
  const { view, story, pending = [] } = member
  const waits = story.waiting()
  return waits.length > 0 && pending.length === 0 && view.mailbox === 0 && entryNeeds(member).length === waits.length
}

/** Somebody has to run the folder; a moment without an owner is a deploy. */
function unhosted(
  view: ProcessView,
  stillMs: number,
  { what, command }: { readonly what: string; readonly command: Command },
): Found | undefined {
  if (stillMs < STUCK_LATE_MS) return undefined
  const mend =
    view.file === undefined ? 'start the program that hosts it' : command('run', view.file, '--id', view.root)
  return { cause: 'nobody-runs-it', why: `${what}, and nobody runs this data folder`, mend: [mend] }
}

async function waiting({ view, story }: Member, around: Around): Promise<Found | undefined> {
  const waits = story.waiting()
  // One wait that can come is enough: the process moves with it.
  let first: Found | undefined
  for (const entry of waits) {
    const found = await blocked(view, entry, around)
    if (found === undefined) return undefined
    first ??= found
  }
  return first
}

async function blocked(view: ProcessView, entry: Entry, around: Around): Promise<Found | undefined> {
  const on = entry.wait?.on
  if (on === undefined) return undefined
  const { nowMs, isHosted, command } = around
  if (isPast(on, nowMs) && 'dueAt' in on) {
    const lateMs = nowMs - (on.dueAt ?? nowMs)
    const why = `${entry.name} was due ${elapsedWords(lateMs)} ago`
    if (!isHosted) return unhosted(view, lateMs, { what: why, command })
    const mend = ['look whether its host is blocked, or its clock has jumped', 'restart the host']
    return { cause: 'timer-is-past', why: `${why}, and its host has not said so`, mend, since: on.dueAt ?? nowMs }
  }
  if (on.kind === 'child') return childBlocked(entry, on.pid, around)
  if (on.kind === 'message' && on.pattern.from !== undefined) return senderGone(view, entry, on.pattern.from, around)
  return undefined
}

async function childBlocked(entry: Entry, pid: Pid, around: Around): Promise<Found | undefined> {
  const { command } = around
  const child = await around.inspect(pid)
  const name = shortPid(pid)
  if (child === undefined)
    return {
      cause: 'child-is-unknown',
      why: `it waits for ${name}, which this data folder does not know`,
      mend: [command('verify'), 'restore the backup that has it, or cancel the run'],
      since: entry.wait?.since ?? around.nowMs,
    }
  if (child.status === 'parked')
    return {
      cause: 'child-is-stuck',
      why: `its child ${name} is parked: ${child.parked?.code ?? 'INTERNAL'}`,
      mend: [command('show', name), command('retry', name)],
      since: child.updatedAt,
    }
  if (!isEnded(child.status) || around.nowMs - (child.endedAt ?? around.nowMs) < STUCK_LATE_MS) return undefined
  return {
    cause: 'child-has-ended',
    why: `its child ${name} has ended (${child.status}), and it was not told`,
    mend: around.isHosted ? ['restart the host', command('verify')] : ['run the data folder: its host tells it'],
    ...(child.endedAt === undefined ? {} : { since: child.endedAt }),
  }
}

async function senderGone(view: ProcessView, entry: Entry, from: Pid, around: Around): Promise<Found | undefined> {
  const sender = await around.inspect(from)
  if (sender !== undefined && !isEnded(sender.status)) return undefined
  const what = sender === undefined ? 'is unknown here' : `has ended (${sender.status})`
  return {
    cause: 'sender-is-gone',
    why: `${entry.name} waits for a message from ${shortPid(from)}, which ${what}`,
    mend: [around.command('cancel', shortPid(view.pid))],
    since: sender?.endedAt ?? entry.wait?.since ?? around.nowMs,
  }
}

function isPast(on: WaitOn, nowMs: number): boolean {
  return 'dueAt' in on && on.dueAt !== undefined && nowMs - on.dueAt > STUCK_LATE_MS
}
