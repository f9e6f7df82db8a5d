/** `skein retry`: what a failed run would go on from, and the act itself. The kernel has the last word when it replays. */
import { randomUUID } from 'node:crypto'
import type { ProcessView } from '../../engine/index.ts'
import {
  capOf,
  demandedAfter,
  failingKeys,
  hasCompensated,
  mayBeHadAgain,
  ProcessState,
  suffixOf,
  wasAnswered,
} from '../../kernel/index.ts'
import type { Budget, EffectClass } from '../../kernel/index.ts'
import { asEffectKey, asSeq, SkeinError } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import { RETRY_HEARD_MS, RETRY_POLL_MS } from '../limits.ts'
import { isEnded } from '../views/rest.ts'
import { Story } from '../views/story.ts'
import { suggestion } from '../words/nearest.ts'
import type { Operable } from './acts.ts'
import { findProcess } from './find.ts'
import type { Reader } from './find.ts'

/** How to go on. */
export type RetryOptions = {
  /** Which effects of the named process to have again, by name; what it failed by when absent. */
  readonly from?: readonly string[]
  /** Leave behind what it did after the failure. */
  readonly dropAfter?: boolean
  /** More for the run, and for what it failed by. */
  readonly budget?: Budget
}

/** Something that was asked for after the failure. */
export type DoneAfter = { readonly pid: Pid; readonly name: string; readonly class: EffectClass | undefined }

/** What a retry would do. */
export type RetryPlan = {
  /** The topmost process that goes on, or the parked one that is looked at again. */
  readonly pid: Pid
  readonly does: 'go on' | 'look again'
  /** Effects to be had again, `<pid>/<name>`, from the top to the first that failed. */
  readonly from: readonly string[]
  readonly after: readonly DoneAfter[]
}

type Plan = RetryPlan & {
  readonly keys: { readonly pid: Pid; readonly keys: readonly EffectKey[] } | undefined
  readonly seq: number
}
type Folded = { readonly view: ProcessView; readonly state: ProcessState; readonly story: Story }

/** Looks what a retry would do. Throws `RETRY_REFUSED`, `PROCESS_UNKNOWN`, `EFFECT_UNKNOWN`. */
export async function planRetry(reader: Reader, text: string, options: RetryOptions = {}): Promise<RetryPlan> {
  return plan(reader, text, options)
}

async function plan(reader: Reader, text: string, options: RetryOptions): Promise<Plan> {
  const named = await fold(reader, await findProcess(reader, text))
  const { view } = named
  if (view.status === 'parked')
    return { pid: view.pid, does: 'look again', from: [], after: [], keys: undefined, seq: 0 }
  if (view.status !== 'failed') throw refused(`${view.pid} ${whyNot(view)}`)
  const keys = options.from === undefined ? undefined : { pid: view.pid, keys: keysOf(named, options.from) }
  const top = await topOf(reader, named)
  const from: string[] = []
  const after: DoneAfter[] = []
  let met = false
  for (let at: Folded | undefined = top; at !== undefined;) {
    const own: readonly EffectKey[] = at.view.pid === keys?.pid ? keys.keys : failingKeys(at.state)
    if (hasCompensated(at.state))
      throw refused(`${at.view.pid} has compensated what it had done; start the run anew under another id`)
    if (wasAnswered(at.state, own))
      throw refused(
        `the model of ${at.view.pid} has answered to that already, and its answer would stand for another; go on from what ` +
          'it failed by, or from a later effect',
      )
    met ||= at.view.pid === view.pid
    const { pid } = at.view
    const { story, state } = at
    from.push(...own.map((key) => `${pid}/${story.find(key)?.name ?? key}`))
    after.push(...demandedAfter(state, own).map(({ key }) => doneAfter(pid, story, key)))
    at = await failedChild(reader, at, own)
  }
  if (!met) throw refused(`${view.pid} is not what its run failed by; retry the run: skein retry ${top.view.pid}`)
  return { pid: top.view.pid, does: 'go on', from, after, keys, seq: top.state.nextSeq }
}

/** Retries. Throws `RETRY_REFUSED` with the reason. `hosted`: somebody runs it, and says at once what came of it. */
export async function retryProcess(
  engine: Operable,
  text: string,
  options: RetryOptions & { readonly by: string; readonly hosted: boolean },
): Promise<RetryPlan> {
  const { keys, seq, ...plain } = await plan(engine, text, options)
  const { pid, after } = plain
  if (after.length > 0 && options.dropAfter !== true) throw refused(afterWords(pid, after))
  const answer = await engine.control(pid, {
    id: randomUUID(),
    type: 'reopen',
    by: options.by,
    ...(keys === undefined ? {} : { from: keys }),
    ...(options.dropAfter === true ? { dropAfter: true } : {}),
    ...(options.budget === undefined ? {} : { topUp: capOf(options.budget) }),
  })
  if (answer === 'ended') throw refused(`${pid} has ended otherwise meanwhile`)
  if (options.hosted && plain.does === 'go on') await heard(engine, pid, seq)
  return plain
}

/** What would be left behind, in words; writes are named as such. */
export function afterWords(pid: Pid, after: readonly DoneAfter[]): string {
  const names = after.map((one) => `${one.pid}/${one.name}${one.class === 'write' ? ' (a write: it stays done)' : ''}`)
  return (
    `${pid} went on after its failure, and would not ask again for ${names.join(', ')}; ` +
    'to leave that behind: skein retry … --drop-after'
  )
}

/** Waits until its host has taken it up, or has said no. */
async function heard(engine: Operable, pid: Pid, seq: number): Promise<void> {
  for (const until = Date.now() + RETRY_HEARD_MS; Date.now() < until;) {
    for await (const frame of engine.history(pid, asSeq(seq)))
      if (frame.facts.some((fact) => fact.seq >= seq && fact.type === 'reopened')) return
    const view = await engine.inspect(pid)
    if (view !== undefined && isEnded(view.status))
      throw refused(
        `${pid} stays as it ended: replayed, its code goes another way, or ends the same way without an effect; ` +
          'mend its code or its limits, or go on from elsewhere with --from',
      )
    if (view?.status === 'parked') return
    await new Promise((resolve) => setTimeout(resolve, RETRY_POLL_MS))
  }
}

function refused(why: string): SkeinError {
  return new SkeinError('RETRY_REFUSED', why)
}

function whyNot({ status }: ProcessView): string {
  switch (status) {
    case 'done':
      return 'ended well; there is nothing to retry'
    case 'cancelled':
      return 'was cancelled, and stays so; start it anew under another id'
    default:
      return `has not failed: it is ${status}`
  }
}

/** The topmost process of the chain of failures above this one. */
async function topOf(reader: Reader, from: Folded): Promise<Folded> {
  const parent = from.view.parent === undefined ? undefined : await fold(reader, from.view.parent)
  if (parent === undefined) return from
  if (parent.view.status === 'failed') return topOf(reader, parent)
  const since = isEnded(parent.view.status) ? 'ended without it' : 'went on'
  throw refused(`${from.view.pid} failed, its parent ${parent.view.pid} was told so and ${since}`)
}

async function failedChild(reader: Reader, at: Folded, keys: readonly EffectKey[]): Promise<Folded | undefined> {
  const ends = new Set(keys.filter((key) => suffixOf(key) === 'end'))
  const child = [...at.state.children.values()].find(({ key }) => ends.has(asEffectKey(`${key}!end`)))
  return child === undefined ? undefined : fold(reader, child.pid)
}

async function fold(reader: Reader, pid: Pid): Promise<Folded> {
  const view = await reader.inspect(pid)
  if (view === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps --all`)
  const state = new ProcessState()
  const story = new Story()
  for await (const { facts } of reader.history(pid)) {
    for (const fact of facts) state.apply(fact)
    story.apply(facts)
  }
  return { view, state, story }
}

function keysOf({ view, story, state }: Folded, names: readonly string[]): readonly EffectKey[] {
  return names.map((name) => {
    const entry = story.find(name)
    if (entry === undefined)
      throw new SkeinError(
        'EFFECT_UNKNOWN',
        `${view.pid} has no effect ${name}.${suggestion(
          name,
          [...story.entries.values()].map((known) => known.name),
        )} See: skein show ${view.pid}`,
      )
    const key = entry.kind === 'child' ? asEffectKey(`${entry.key}!end`) : entry.key
    if (mayBeHadAgain(state, key)) return key
    const why = entry.outcome?.type === 'ok' ? 'is a write that was done; it is not done again' : 'has no outcome'
    throw refused(`${view.pid}/${entry.name} ${why}`)
  })
}

function doneAfter(pid: Pid, story: Story, key: EffectKey): DoneAfter {
  const entry = story.find(key)
  return { pid, name: entry?.name ?? key, class: entry?.class }
}
