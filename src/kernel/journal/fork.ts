/** What makes a process a fork: where it branches off, what it changes, and what becomes of its writes (rules FK1–FK7). */
import type { EffectKey, Pid, Seq } from '../../std/index.ts'
import type { Outcome, Payload } from './outcome.ts'

/** `refuse`: writes fail · `stub`: they get the origin's outcome, or a marked value · `live`: they are done (rule FK3). */
export type ForkWrites = 'refuse' | 'stub' | 'live'

/** What is other in a fork than in its origin. */
export type ForkOverrides = {
  /** The model of an agent's further steps, or of a workflow's further model calls. */
  readonly model?: string
  /** The instructions of an agent. */
  readonly instructions?: string
  /** Other outcomes for effects of the origin, by key; the fork then branches off right after the last of them. */
  readonly answers?: Readonly<Record<string, Payload>>
  readonly input?: Payload
}

/** Asks for a fork; at most one of `seq` and `after` says where it branches off, neither means: with all there is. */
export type ForkRequest = {
  readonly from: Pid
  /** The last fact that is shared. */
  readonly seq?: Seq
  /** Right after the outcome of this effect of the origin's newest segment. */
  readonly after?: EffectKey
  readonly writes: ForkWrites
  readonly overrides?: ForkOverrides
}

/** What the origin's own write came to, for a fork that stubs it. */
export type Stub = { readonly name: string; readonly argsHash: string; readonly outcome: Outcome }

/** What a fork is born with. */
export type Forked = {
  readonly from: Pid
  readonly seq: Seq
  readonly writes: ForkWrites
  readonly overrides?: ForkOverrides
  /** What the origin was forked from, nearest first: shared keys may have been made under any of their pids. */
  readonly ancestors?: readonly Pid[]
  /** The origin's writes after `seq`, by key; only where writes are stubbed. */
  readonly stubs?: Readonly<Record<string, Stub>>
}

/** What becomes of the writes of a process: `live` for all but forks, and what runs under them. */
export function writesOf(born: { readonly fork?: Forked; readonly writes?: ForkWrites }): ForkWrites {
  return born.fork?.writes ?? born.writes ?? 'live'
}

const STRICTNESS: readonly ForkWrites[] = ['live', 'stub', 'refuse']

/** The stricter of two: what runs under a fork may do no more than the fork (rule FK3). */
export function stricter(a: ForkWrites, b: ForkWrites | undefined): ForkWrites {
  return b !== undefined && STRICTNESS.indexOf(b) > STRICTNESS.indexOf(a) ? b : a
}
