/** The first facts of a process (rule J2), and of a fork those it shares with its origin (rule FK1). */
import { toSkeinError } from '../../std/index.ts'
import type { SkeinError } from '../../std/index.ts'
import { shareFacts } from '../forks/shared-facts.ts'
import type { Shared, SharedFact } from '../forks/shared-facts.ts'
import type { Born } from '../journal/facts.ts'
import { stricter } from '../journal/fork.ts'
import type { Forked, ForkRequest } from '../journal/fork.ts'
import { payloadOf, valueOf } from '../journal/outcome.ts'
import type { Carried } from './carried.ts'
import type { Process } from './process.ts'

/** Records who the process is, with which code, input and money. */
export function recordBorn(process: Process): void {
  const { start } = process.act
  process.record({
    type: 'born',
    kind: start.kind,
    workflow: start.workflow,
    version: process.definition?.version ?? '',
    codeDigest: process.codeDigest,
    input: start.input,
    ...familyOf(process),
  })
}

/** What a process is given by whoever starts it; of a fork too (rule FK2). */
function familyOf({
  act: { start },
}: Process): Omit<Born, 'type' | 'kind' | 'workflow' | 'version' | 'codeDigest' | 'input'> {
  return {
    root: start.root,
    depth: start.depth,
    cap: start.cap,
    strict: start.strict,
    incarnation: 0,
    ...(start.elastic === undefined ? {} : { elastic: start.elastic }),
    ...(start.tenant === undefined ? {} : { tenant: start.tenant }),
    ...(start.parent === undefined ? {} : { parent: start.parent }),
    ...(start.writes === undefined ? {} : { writes: start.writes }),
  }
}

/** Records a fork's birth and what it shares: one frame, so that no fork ever has a part of it. Gives the reason where that cannot be. */
export function beginFork(process: Process, request: ForkRequest): SkeinError | undefined {
  try {
    recordFork(process, request, shareFacts(process.act.origin ?? [], request))
    return undefined
  } catch (thrown) {
    return toSkeinError(thrown)
  }
}

function recordFork(process: Process, request: ForkRequest, shared: Shared): void {
  const { seq, born, facts } = shared
  const { from, overrides } = request
  const isFirstSegment = facts[0]?.body.type !== 'snapshot'
  process.record({
    type: 'born',
    kind: born.kind,
    workflow: born.workflow,
    version: born.version,
    codeDigest: born.codeDigest,
    input: (isFirstSegment ? overrides?.input : undefined) ?? born.input,
    ...(born.tenant === undefined ? {} : { tenant: born.tenant }),
    ...familyOf(process),
    lineage: { pid: from, seq },
    fork: forkedOf(process, request, shared),
  })
  for (const fact of facts) process.inherit(withOwnAccount(process, fact, request), fact.shared)
}

function forkedOf({ act: { start } }: Process, request: ForkRequest, { seq, born, stubs }: Shared): Forked {
  const { from, overrides } = request
  const older = born.fork === undefined ? [] : [born.fork.from, ...(born.fork.ancestors ?? [])]
  return {
    from,
    seq,
    writes: stricter(request.writes, start.writes),
    ...(overrides === undefined ? {} : { overrides }),
    ...(older.length === 0 ? {} : { ancestors: older }),
    ...(Object.keys(stubs).length === 0 ? {} : { stubs }),
  }
}

/** A snapshot carries an account and children: a fork has its own account, and no children (rules FK2, FK5). */
function withOwnAccount(process: Process, { body }: SharedFact, { overrides }: ForkRequest): SharedFact['body'] {
  if (body.type !== 'snapshot') return body
  const { codeDigest } = valueOf(body.carried) as Carried
  const carried: Carried = { ...process.state.carried(), ...(codeDigest === undefined ? {} : { codeDigest }) }
  const isInput = process.state.born?.kind === 'workflow'
  const state = (isInput ? overrides?.input : undefined) ?? body.state
  return { ...body, state, carried: payloadOf(carried) }
}
