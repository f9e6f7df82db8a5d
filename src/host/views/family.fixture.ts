/** Runs made by hand: a reader over facts, for tests of what is shown of them. */
import type { Frame, ProcessStatus, ProcessView } from '../../engine/index.ts'
import { failure, payloadOf } from '../../kernel/index.ts'
import type { Amounts, Control, Fact, FactBody, WaitOn } from '../../kernel/index.ts'
import { asEffectKey, asEpoch, asOwnerId, asPid, asSeq } from '../../std/index.ts'
import type { ErrorData, Pid } from '../../std/index.ts'
import type { Reader } from '../operate/find.ts'
import { Family } from './family.ts'

/** When everything in a run made by hand begins. */
export const T0 = 1_000_000

/** One process of a run made by hand. */
export type Made = {
  readonly pid: string
  readonly parent?: string
  readonly workflow?: string
  readonly kind?: 'workflow' | 'agent'
  readonly status: ProcessStatus
  readonly cap?: Amounts
  readonly facts?: readonly FactBody[]
  readonly parked?: ErrorData
  readonly endedAt?: number
  readonly file?: string
  readonly pending?: readonly Control[]
}

/** An effect that was allowed. */
export const intended = (
  key: string,
  name: string,
  more: {
    readonly class?: 'read' | 'write'
    readonly attempt?: number
    readonly idempotent?: true
    readonly kind?: 'model' | 'tool'
  } = {},
): FactBody => ({
  type: 'intended',
  key: asEffectKey(key),
  attempt: more.attempt ?? 1,
  class: more.class ?? 'read',
  kind: more.kind ?? 'tool',
  name,
  argsHash: 'abcdef',
  args: payloadOf({ of: name }),
  verdict: {},
  reserve: {},
  timeoutMs: 1_000,
  ...(more.idempotent === undefined ? {} : { idempotent: more.idempotent }),
})

/** It went out. */
export const begun = (key: string, attempt = 1): FactBody => ({
  type: 'begun',
  key: asEffectKey(key),
  attempt,
  owner: asOwnerId('o'),
})

/** It came back. */
export const settled = (key: string, actual: Amounts = {}): FactBody => ({
  type: 'settled',
  key: asEffectKey(key),
  attempt: 1,
  outcome: { type: 'ok', value: payloadOf('fine') },
  actual,
})

/** A wait. */
export const waiting = (key: string, on: WaitOn): FactBody => ({ type: 'waiting', key: asEffectKey(key), on })

/** A wait for approval of `name`. */
export const approval = (key: string, name: string): FactBody =>
  waiting(`${key}!approval`, {
    kind: 'approval',
    title: name,
    argsHash: '9f2c00',
    show: payloadOf({ text: 'Tides are…' }),
  })

/** Failed for good. */
export const failed: FactBody = {
  type: 'ended',
  result: failure({ code: 'EFFECT_FAILED', message: 'no', retryable: false }),
}

/** Ended well. */
export const done: FactBody = { type: 'ended', result: { type: 'ok', value: payloadOf('fine') } }

/** Facts in order, a second apart. */
export function numbered(bodies: readonly FactBody[]): Fact[] {
  return bodies.map((body, i) => ({ ...body, v: 1, seq: asSeq(i), at: T0 + i * 1_000 }))
}

/** A reader over processes made by hand; the first one is the root. */
export function madeReader(made: readonly Made[]): Reader {
  const root = asPid(made[0]?.pid ?? '')
  const one = (pid: Pid): Made | undefined => made.find((process) => process.pid === pid)
  return {
    inspect: async (pid) => {
      const process = one(pid)
      return process === undefined ? undefined : viewOf(process, root)
    },
    list: async function* (query) {
      for (const process of made)
        if (query.status === undefined || query.status.includes(process.status)) yield viewOf(process, root)
    },
    history: async function* (pid, from = asSeq(0)) {
      const process = one(pid)
      if (process === undefined) return
      const facts = numbered([bornOf(process, root), ...(process.facts ?? [])]).filter((fact) => fact.seq >= from)
      yield { pid, epoch: asEpoch(1), n: 0, facts, prevHash: '', hash: '' } satisfies Frame
    },
    pending: (pid) => one(pid)?.pending ?? [],
  }
}

/** The same, read as a family. */
export async function madeFamily(made: readonly Made[]): Promise<Family> {
  const family = new Family(madeReader(made), asPid(made[0]?.pid ?? ''))
  await family.readAll()
  return family
}

function bornOf(made: Made, root: Pid): FactBody {
  const { kind = 'workflow', workflow = made.pid, cap = {} } = made
  return {
    type: 'born',
    kind,
    workflow,
    version: '1',
    codeDigest: 'd',
    input: payloadOf({ topic: 'tides' }),
    root,
    depth: 0,
    cap,
    strict: false,
    incarnation: 0,
  }
}

function viewOf(made: Made, root: Pid): ProcessView {
  const { kind = 'workflow', workflow = made.pid, status, parent, endedAt, parked, file } = made
  const ended = made.facts?.find((fact) => fact.type === 'ended')
  return {
    pid: asPid(made.pid),
    kind,
    workflow,
    root,
    depth: parent === undefined ? 0 : 1,
    status,
    createdAt: T0,
    updatedAt: T0,
    waits: [],
    epoch: asEpoch(1),
    activations: 1,
    mailbox: 0,
    ...(parent === undefined ? {} : { parent: asPid(parent) }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(parked === undefined ? {} : { parked }),
    ...(file === undefined ? {} : { file }),
    ...(ended?.type === 'ended' ? { result: ended.result } : {}),
  }
}
