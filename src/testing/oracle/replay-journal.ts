/**
 * Replays a journal in a kernel of its own, with nothing behind it: what the body asks, and how it ends (P1–P3).
 *
 * Invariants:
 * 1. No driver runs; an effect that would start is noted.
 * 2. It stops where the journal does: after the first decisions that are not in it.
 */
import { nodeHash, nodeMacrotask } from '../../engine/index.ts'
import { createKernel } from '../../kernel/index.ts'
import type {
  Activation,
  CodeRegistry,
  CommitEnd,
  Driver,
  Fact,
  FactBody,
  ForkRequest,
  StartRequest,
} from '../../kernel/index.ts'
import { asEpoch, asOwnerId } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { SIM_EPOCH_MS } from '../limits.ts'
import { simRandom } from '../simulation/sim-random.ts'
import { bornOf, segmentsOf } from './journal.ts'
import type { Journal } from './journal.ts'

/** What became of a replay. */
export type Replayed = {
  readonly end: CommitEnd | undefined
  /** Decisions that it would have added, in batches; only the first follows from the journal alone. */
  readonly decided: readonly (readonly FactBody[])[]
  /** Effects that it would have started. */
  readonly started: readonly EffectKey[]
  /** Outcomes that recovery itself came to, without asking: what is decided may follow from them. */
  readonly concluded: readonly Fact[]
  /** All the facts that it recorded. */
  readonly framed: readonly Fact[]
  /** What it did before it had caught up with the journal (rule D5): nothing, if all is well. */
  readonly early: readonly string[]
}

/** Thrown to stop a replay that has nothing more to show. */
class Halt extends Error {}

const idle: Driver<never> = {
  concurrencyMax: 1_000,
  reserve: () => ({}),
  perform: () => Promise.reject(new Error('a replay performs nothing')),
}

/** Replays the facts of the journal's last segment, without its end. */
export function replayJournal(journal: Journal, code: CodeRegistry): Promise<Replayed> {
  return replayed({ pid: journal.pid, start: startOf(journal), facts: openSegment(journal.facts) }, code)
}

/** Begins a fork of the journal, to see what it shares and what it asks for (P8): under its origin's pid, so that keys can be compared. */
export function replayFork(journal: Journal, fork: ForkRequest, code: CodeRegistry): Promise<Replayed> {
  return replayed(
    { pid: journal.pid, start: { ...startOf(journal), fork }, facts: [], origin: segmentAt(journal, fork.seq ?? 0) },
    code,
  )
}

async function replayed(
  what: Pick<Activation, 'pid' | 'start' | 'facts' | 'origin'>,
  code: CodeRegistry,
): Promise<Replayed> {
  const decided: (readonly FactBody[])[] = []
  const started: EffectKey[] = []
  const early: string[] = []
  const concluded: Fact[] = []
  const framed: Fact[] = []
  let isCaughtUp = false
  const outward = (what: string): void => {
    if (!isCaughtUp) early.push(what)
  }
  const over = new AbortController()
  let end: CommitEnd | undefined
  const halt = (): never => {
    const stop = new Halt()
    over.abort(stop)
    throw stop
  }
  const activation: Activation = {
    ...what,
    epoch: asEpoch(1),
    owner: asOwnerId('replay'),
    ownerDeath: 'known',
    signal: over.signal,
    next: async (idleMs) => (idleMs === undefined ? halt() : undefined),
    async decide(make) {
      const bodies = make()
      if (bodies.length === 0) return bodies
      outward('decide')
      decided.push(bodies)
      return bodies
    },
    perform({ key }) {
      outward(`perform ${key}`)
      started.push(key)
    },
    abort: () => undefined,
    putBack: () => undefined,
    frame(facts) {
      outward('frame')
      framed.push(...facts)
      const keys = new Set(decided.flat().map((body) => ('key' in body ? body.key : undefined)))
      concluded.push(
        ...facts.filter((fact) => (fact.type === 'answered' || fact.type === 'settled') && !keys.has(fact.key)),
      )
    },
    async commit(how) {
      end = how
      return true
    },
  }
  const kernel = createKernel({
    clock: { now: () => SIM_EPOCH_MS, monotonicMs: () => 0, timer: () => ({ [Symbol.dispose]: () => undefined }) },
    random: simRandom('replay'),
    hash: nodeHash,
    macrotask: nodeMacrotask(),
    drivers: { model: idle, tool: idle, step: idle },
    code,
    readAnswer: () => ({ ok: false, complaint: 'a replay asks no model' }),
    trace: (news) => (isCaughtUp ||= news.type === 'resumed'),
    idleMs: 0,
  })
  await kernel.run(activation).catch((thrown: unknown) => {
    if (!(thrown instanceof Halt)) throw thrown
  })
  return { end, decided, concluded, framed, started, early }
}

/** The segment that holds `seq`, whole, the birth first. */
function segmentAt(journal: Journal, seq: number): readonly Fact[] {
  const segments = segmentsOf(journal)
  const held = segments.findLast(({ facts }) => (facts[0]?.seq ?? 0) <= seq) ?? segments[0]
  return held?.n === 0 || held === undefined ? (held?.facts ?? []) : [...journal.facts.slice(0, 1), ...held.facts]
}

/** From the last snapshot on, the birth first, without the end. */
function openSegment(facts: readonly Fact[]): readonly Fact[] {
  const open = facts.at(-1)?.type === 'ended' ? facts.slice(0, -1) : facts
  const at = open.findLastIndex((fact) => fact.type === 'snapshot')
  return at < 0 ? open : [...open.slice(0, 1), ...open.slice(at)]
}

function startOf({ pid, facts }: Journal): StartRequest {
  const born = bornOf(facts)
  if (born === undefined) throw new Error(`the journal of ${pid} does not begin with its birth`)
  const { kind, workflow, input, root, depth, cap, strict, parent } = born
  return { pid, kind, workflow, input, root, depth, cap, strict, ...(parent === undefined ? {} : { parent }) }
}
