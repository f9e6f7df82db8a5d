/**
 * Two runs effect by effect: what is the same, what came out otherwise, what was asked otherwise, what only one has.
 *
 * Effects are the same by key within their scopes, not by position: one more call in the middle moves nothing else.
 * What is left over is paired by scope and name, in order: the same call with other arguments.
 */
import { addAmounts, valueOf } from '../../kernel/index.ts'
import type { Amounts, ModelAnswer, Outcome } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import { findProcess, readStory } from '../operate/find.ts'
import type { Reader } from '../operate/find.ts'
import { isEffect } from './entry.ts'
import type { Entry, EntryKind } from './entry.ts'
import type { Story } from './story.ts'

/** How an effect of two runs compares. */
export type DiffVerdict = 'same' | 'other outcome' | 'other arguments' | 'only a' | 'only b'

/** What one run knows of an effect. */
export type DiffSide = {
  readonly name: string
  readonly args?: string
  readonly outcome?: Outcome
  readonly used: Amounts
}

/** One effect, or one thing waited for, of two runs. */
export type EffectDiff = {
  readonly key: string
  readonly segment: number
  readonly kind: EntryKind
  readonly verdict: DiffVerdict
  readonly a?: DiffSide
  readonly b?: DiffSide
  /** Of a child that both started: the two children. */
  readonly child?: RunDiff
}

/** What a process and all below it did and used; what a fork shares with its origin is not counted. */
export type DiffTotals = {
  readonly effects: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly spent: Amounts
}

/** Two processes and all below them. */
export type RunDiff = {
  readonly a: Pid
  readonly b: Pid
  readonly effects: readonly EffectDiff[]
  /** Of both, with their children. */
  readonly totals: { readonly a: DiffTotals; readonly b: DiffTotals }
}

/** Compares two processes, by pid or the beginning of one. Throws `PROCESS_UNKNOWN`. */
export async function diffRuns(reader: Reader, a: string, b: string): Promise<RunDiff> {
  return diffProcesses(reader, await findProcess(reader, a), await findProcess(reader, b))
}

async function diffProcesses(reader: Reader, a: Pid, b: Pid): Promise<RunDiff> {
  const [storyA, storyB] = [await readStory(reader, a), await readStory(reader, b)]
  const effects: EffectDiff[] = []
  const totals = { a: ownTotals(storyA), b: ownTotals(storyB) }
  for (const [left, right] of pairs(storyA, storyB)) {
    const effect = compared(left, right)
    const [childA, childB] = [left?.child, right?.child]
    if (childA !== undefined && childB !== undefined && childA !== childB) {
      const child = await diffProcesses(reader, childA, childB)
      totals.a = sum(totals.a, child.totals.a)
      totals.b = sum(totals.b, child.totals.b)
      effects.push({ ...effect, child })
      continue
    }
    if (childA !== undefined && left?.shared !== true) totals.a = sum(totals.a, await totalsOf(reader, childA))
    if (childB !== undefined && right?.shared !== true) totals.b = sum(totals.b, await totalsOf(reader, childB))
    effects.push(effect)
  }
  return { a, b, effects, totals }
}

type Pair = readonly [a: Entry | undefined, b: Entry | undefined]

/** In the order of `a`, what only `b` has after it, in its own. */
function pairs(a: Story, b: Story): readonly Pair[] {
  const leftOver = new Map<string, Entry[]>()
  for (const [id, entry] of b.entries)
    if (!a.entries.has(id)) leftOver.set(placeOf(entry), [...(leftOver.get(placeOf(entry)) ?? []), entry])
  const found: Pair[] = [...a.entries].map(([id, entry]) => [
    entry,
    b.entries.get(id) ?? leftOver.get(placeOf(entry))?.shift(),
  ])
  const taken = new Set(found.map(([, entry]) => entry))
  return [
    ...found,
    ...[...b.entries.values()].flatMap((entry): Pair[] => (taken.has(entry) ? [] : [[undefined, entry]])),
  ]
}

/** Segment, scope, kind and name: a key without what tells calls of one name apart. */
function placeOf({ key, segment }: Entry): string {
  return `${segment} ${key.replace(/:[^:]*$/, '')}`
}

function compared(a: Entry | undefined, b: Entry | undefined): EffectDiff {
  const one = (a ?? b) as Entry
  const { key, segment, kind } = one
  return {
    key,
    segment,
    kind,
    verdict: a === undefined ? 'only b' : b === undefined ? 'only a' : verdictOf(a, b),
    ...(a === undefined ? {} : { a: sideOf(a) }),
    ...(b === undefined ? {} : { b: sideOf(b) }),
  }
}

function verdictOf(a: Entry, b: Entry): DiffVerdict {
  if (a.key !== b.key || (a.argsHash !== undefined && b.argsHash !== undefined && a.argsHash !== b.argsHash))
    return 'other arguments'
  return JSON.stringify(a.outcome) === JSON.stringify(b.outcome) ? 'same' : 'other outcome'
}

function sideOf({ name, args, outcome, actual }: Entry): DiffSide {
  return {
    name,
    used: actual,
    ...(args === undefined ? {} : { args: args.text }),
    ...(outcome === undefined ? {} : { outcome }),
  }
}

const NOTHING_DONE: DiffTotals = { effects: 0, inputTokens: 0, outputTokens: 0, spent: {} }

function ownTotals(story: Story): DiffTotals {
  let totals: DiffTotals = {
    ...NOTHING_DONE,
    effects: story.effectCount,
    spent: addAmounts(story.spent, story.forfeited),
  }
  for (const entry of story.entries.values()) {
    if (!isEffect(entry) || entry.shared || entry.kind !== 'model' || entry.outcome?.type !== 'ok') continue
    if (entry.outcome.value.erased === true) continue
    const { usage } = valueOf(entry.outcome.value) as ModelAnswer
    totals = sum(totals, { ...NOTHING_DONE, ...usage, effects: 0, spent: {} })
  }
  return totals
}

async function totalsOf(reader: Reader, pid: Pid): Promise<DiffTotals> {
  const story = await readStory(reader, pid)
  let totals = ownTotals(story)
  for (const { child, shared } of story.entries.values())
    if (child !== undefined && !shared) totals = sum(totals, await totalsOf(reader, child))
  return totals
}

function sum(a: DiffTotals, b: DiffTotals): DiffTotals {
  return {
    effects: a.effects + b.effects,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    spent: addAmounts(a.spent, b.spent),
  }
}
