/** Forking a run: another one that begins with what it knew at some point (rules FK1–FK7), also as time travel. */
import { randomBytes } from 'node:crypto'
import { capOf, NOTHING, payloadOf, shareFacts } from '../../kernel/index.ts'
import type { Budget, Fact, ForkOverrides, ForkRequest, ForkWrites, Payload } from '../../kernel/index.ts'
import type { Engine, ProcessView } from '../../engine/index.ts'
import { asPid, asSeq, SkeinError } from '../../std/index.ts'
import type { Pid, Seq } from '../../std/index.ts'
import { findProcess } from '../operate/find.ts'
import { Story } from '../views/story.ts'
import type { Entry } from '../views/entry.ts'
import { suggestion } from '../words/nearest.ts'
import { checkRunId } from './start.ts'
import type { Started } from './start.ts'

/** Where a fork branches off, what it changes, and what becomes of its writes. */
export type ForkSettings = {
  /** The last fact that is shared, by its seq; or an effect, by its name: right after its outcome. Absent: all there is. */
  readonly at?: number | string | undefined
  /** Same id, same fork. Made when absent. */
  readonly id?: string | undefined
  /** `refuse` (default): writes fail · `stub`: they get the outcome the origin got, or a marked value · `live`: they are done. */
  readonly writes?: ForkWrites | undefined
  /** From here with another model. */
  readonly model?: string | undefined
  /** From here with other instructions (of an agent). */
  readonly instructions?: string | undefined
  /** Other outcomes for effects, by name; of a model a text will do. The fork branches off right after the last of them. */
  readonly answers?: Readonly<Record<string, unknown>> | undefined
  readonly input?: unknown
  /** All that the fork and what runs below it may use; nothing of the origin's is theirs. */
  readonly budget?: Budget | undefined
}

/** What a fork is started with. */
export type ForkOrder = {
  readonly pid: Pid
  readonly origin: ProcessView
  readonly request: ForkRequest
  readonly budget: Budget
}

type Reader = Pick<Engine, 'inspect' | 'list' | 'history'>

const ID_BYTES = 4
const NOT_BY_MODEL = { inputTokens: 0, outputTokens: 0 }

/** Finds the origin and the point. Throws `PROCESS_UNKNOWN`, `EFFECT_UNKNOWN`, `FORK_REFUSED`, `INPUT_INVALID`. */
export async function forkOrder(reader: Reader, target: string, settings: ForkSettings): Promise<ForkOrder> {
  const from = await findProcess(reader, target)
  const origin = await reader.inspect(from)
  if (origin === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${from}; see: skein ps`)
  if (settings.instructions !== undefined && origin.kind !== 'agent')
    throw new SkeinError(
      'INPUT_INVALID',
      `${from} is a ${origin.kind}, which has no instructions; fork one of its agents, or change the model, an answer or the input`,
    )
  const journal = await readJournal(reader, from)
  const request: ForkRequest = {
    from,
    seq: pointOf(journal, settings),
    writes: settings.writes ?? 'refuse',
    ...overridesOf(journal, settings),
  }
  shareFacts(segmentAt(journal.facts, request.seq ?? 0), request)
  const pid =
    settings.id === undefined ? asPid(`${from}.fork-${randomBytes(ID_BYTES).toString('hex')}`) : checkRunId(settings.id)
  return { pid, origin, request, budget: settings.budget ?? {} }
}

/** Starts the fork, or finds it. Throws `RUN_INPUT_DIFFERS` when its id is something else's. */
export async function startFork(engine: Engine, { pid, origin, request, budget }: ForkOrder): Promise<Started> {
  const { created } = await engine.start({
    pid,
    kind: origin.kind,
    workflow: origin.workflow,
    input: NOTHING,
    root: pid,
    depth: 0,
    cap: capOf(budget),
    strict: budget.strict === true,
    fork: request,
  })
  if (created) return { pid, created }
  for await (const { facts } of engine.history(pid)) {
    const [born] = facts
    if (born?.type === 'born' && born.fork?.from === request.from) return { pid, created }
    break
  }
  throw new SkeinError(
    'RUN_INPUT_DIFFERS',
    `${pid} is there already and is no fork of ${request.from}; choose another id`,
  )
}

type Journal = { readonly pid: Pid; readonly facts: readonly Fact[]; readonly story: Story }

async function readJournal(reader: Reader, pid: Pid): Promise<Journal> {
  const facts: Fact[] = []
  const story = new Story()
  for await (const frame of reader.history(pid)) {
    facts.push(...frame.facts)
    story.apply(frame.facts)
  }
  return { pid, facts, story }
}

function pointOf(journal: Journal, { at, answers = {} }: ForkSettings): Seq {
  const { pid, facts } = journal
  const last = facts.at(-1)?.seq ?? asSeq(0)
  if (typeof at === 'string') return outcomeSeq(journal, entryOf(journal, at)) ?? missing(pid, at)
  if (at !== undefined) {
    if (Number.isInteger(at) && at >= 0 && at <= last) return asSeq(at)
    throw new SkeinError(
      'INPUT_INVALID',
      `${pid} has facts 0 to ${last}, and none with seq ${at}; see: skein log ${pid}`,
    )
  }
  const answered = Object.keys(answers).map((name) => outcomeSeq(journal, entryOf(journal, name)))
  return answered.length === 0 || answered.includes(undefined) ? last : asSeq(Math.max(...(answered as number[])))
}

function missing(pid: Pid, name: string): never {
  throw new SkeinError(
    'FORK_REFUSED',
    `${pid}/${name} has no outcome yet; branch off at a fact (skein log ${pid} shows their seqs), or leave the point out`,
  )
}

/** The fact that brought an effect's outcome; of a child, its end. */
function outcomeSeq({ facts }: Journal, entry: Entry): Seq | undefined {
  const key: string = entry.kind === 'child' ? `${entry.key}!end` : entry.key
  let segment = 0
  let seq: Seq | undefined
  for (const fact of facts) {
    if (fact.type === 'snapshot') segment = fact.segment
    const brings = fact.type === 'settled' || fact.type === 'answered' || fact.type === 'resolved'
    if (brings && segment === entry.segment && fact.key === key && fact.outcome !== undefined) seq = fact.seq
  }
  return seq
}

function entryOf({ pid, story }: Journal, name: string): Entry {
  const entry = story.find(name)
  if (entry !== undefined) return entry
  const names = [...story.entries.values()].map((known) => known.name)
  throw new SkeinError(
    'EFFECT_UNKNOWN',
    `${pid} has no effect ${name}.${suggestion(name, names)} See: skein show ${pid}`,
  )
}

function overridesOf(journal: Journal, settings: ForkSettings): { readonly overrides?: ForkOverrides } {
  const { model, instructions, answers, input } = settings
  const overrides: ForkOverrides = {
    ...(model === undefined ? {} : { model }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(answers === undefined ? {} : { answers: answersOf(journal, answers) }),
    ...(input === undefined ? {} : { input: payloadOf(input, 'ARGS_NOT_DATA') }),
  }
  return Object.keys(overrides).length === 0 ? {} : { overrides }
}

function answersOf(journal: Journal, answers: Readonly<Record<string, unknown>>): Readonly<Record<string, Payload>> {
  return Object.fromEntries(
    Object.entries(answers).map(([name, value]) => {
      const entry = entryOf(journal, name)
      const key = entry.kind === 'child' ? `${entry.key}!end` : entry.key
      return [key, payloadOf(answerOf(entry, value), 'ARGS_NOT_DATA')] as const
    }),
  )
}

/** What a model says is a text to people. */
function answerOf(entry: Entry, value: unknown): unknown {
  if (entry.kind !== 'model' || typeof value !== 'string') return value
  return { content: [{ type: 'text', text: value }], finishReason: 'stop', usage: NOT_BY_MODEL }
}

/** The segment that holds a fact, the birth first. */
function segmentAt(facts: readonly Fact[], seq: number): readonly Fact[] {
  const begins = facts.findLastIndex((fact) => fact.type === 'snapshot' && fact.seq <= seq)
  const ends = facts.findIndex((fact) => fact.type === 'snapshot' && fact.seq > seq)
  const segment = facts.slice(Math.max(begins, 0), ends < 0 ? facts.length : ends)
  return begins < 0 ? segment : [...facts.slice(0, 1), ...segment]
}
