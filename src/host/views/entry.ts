/** One effect of a process, or one thing it waits for, as people look at it; and what it is called. */
import type { Amounts, EffectClass, EffectKind, Outcome, Payload, WaitOn } from '../../kernel/index.ts'
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'

/** What an entry is about. `draw`: recorded randomness, time and hooks. */
export type EntryKind = EffectKind | 'child' | 'question' | 'promise' | 'message' | 'timer' | 'draw'

/** One effect, or one thing waited for. */
export type Entry = {
  readonly key: EffectKey
  readonly segment: number
  readonly name: string
  kind: EntryKind
  class: EffectClass | undefined
  phase: 'waiting' | 'intended' | 'begun' | 'unknown' | 'settled'
  attempts: number
  /** Longest time of the present attempt. */
  timeoutMs: number
  readonly at: number
  begunAt: number | undefined
  endedAt: number | undefined
  args: Payload | undefined
  argsHash: string | undefined
  /** Hashes of the system prompt and the tool definitions that a model was shown. */
  prompt: string | undefined
  tools: string | undefined
  approvedBy: string | undefined
  outcome: Outcome | undefined
  actual: Amounts
  note: string | undefined
  idempotent: boolean
  /** Of a fork: done by its origin, before it branched off. */
  shared: boolean
  child: Pid | undefined
  /** What it waits for now, under the wait's own key. */
  wait: { readonly key: EffectKey; readonly on: WaitOn; readonly since: number } | undefined
}

const NAME_SHOWN_MAX = 48

/** An entry of which nothing is known yet but its key. */
export function newEntry(base: string, about: Pick<Entry, 'segment' | 'at' | 'name' | 'shared'>): Entry {
  return {
    ...about,
    key: asEffectKey(base),
    kind: kindOf(partsOf(base).word),
    class: undefined,
    phase: 'waiting',
    attempts: 0,
    timeoutMs: 0,
    begunAt: undefined,
    endedAt: undefined,
    args: undefined,
    argsHash: undefined,
    prompt: undefined,
    tools: undefined,
    approvedBy: undefined,
    outcome: undefined,
    actual: {},
    note: undefined,
    idempotent: false,
    child: undefined,
    wait: undefined,
  }
}

/** It came out so, unless it has come out before. */
export function endEntry(entry: Entry, outcome: Outcome, at: number): void {
  if (entry.outcome !== undefined) return
  entry.phase = 'settled'
  entry.outcome = outcome
  entry.endedAt = at
  entry.wait = undefined
}

/** What an entry is called: `given`, or what its key says. */
export function nameOf(base: string, given: string | undefined): string {
  if (isCompaction(base)) return 'compact'
  return given ?? partsOf(base).name ?? (base === '' ? 'everything' : base)
}

/** A name that can be typed. */
export function plainName(name: string): string {
  return name.replace(/[\s#]+/g, '-').slice(0, NAME_SHOWN_MAX) || 'effect'
}

/** What a wait is called by whoever asked for it. */
export function waitName(on: WaitOn): string | undefined {
  switch (on.kind) {
    case 'approval':
    case 'answer':
      return on.title
    case 'promise':
      return on.name
    default:
      return undefined
  }
}

/** True for the model call that summarises a conversation: it is called by what it does. */
export function isCompaction(key: string): boolean {
  return /\/compact\d*$/.test(key)
}

/** True for what drivers perform: models, tools, steps. */
export function isEffect(entry: Entry): boolean {
  return entry.kind === 'model' || entry.kind === 'tool' || entry.kind === 'step'
}

/** The key of the effect that a suffixed key (`…!approval`) hangs on. */
export function baseOf(key: string): string {
  const at = key.indexOf('!')
  return at < 0 ? key : key.slice(0, at)
}

function partsOf(base: string): { readonly word?: string | undefined; readonly name?: string | undefined } {
  const [, word, name] = /(?:^|\/)([a-z]+):([^:/]*):[^/]*$/i.exec(base) ?? []
  return { word, name }
}

function kindOf(word: string | undefined): EntryKind {
  switch (word) {
    case 'model':
    case 'tool':
    case 'step':
      return word
    default:
      return 'draw'
  }
}
