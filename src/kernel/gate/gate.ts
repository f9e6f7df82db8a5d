/**
 * The gate: every effect passes it (law 1). An ordered list of stages; the first that does not say `pass` decides.
 *
 * shape ▸ unknown-first ▸ key-age ▸ approval ▸ budget ▸ schedule ▸ decide (reserve, intended, begun) — one synchronous act,
 * journaled once per attempt and never evaluated again for a key that has a verdict (rule E1).
 */
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { Account } from '../accounts/account.ts'
import { amountsText } from '../accounts/amounts.ts'
import type { Amounts } from '../accounts/amounts.ts'
import { check } from '../definitions/schema.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { lanesOf, reservationOf } from '../effects/attempt.ts'
import { timeoutOf } from '../effects/time.ts'
import type { FactBody } from '../journal/facts.ts'
import { failure, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import { endOfBudgetWait, mayFund } from '../processes/funding.ts'
import type { Process } from '../processes/process.ts'
import type { EffectRecord } from '../processes/process-state.ts'

/** What a stage sees. `account` is a draft: reservations of the same decision count. */
export type StageInput = {
  readonly process: Process
  readonly ask: EffectAsk
  readonly record: EffectRecord | undefined
  readonly reserve: Amounts
  readonly account: Account
  /** Where the shape stage leaves what the schema made of the input. */
  readonly parsed: ParsedInput
}

type ParsedInput = { input?: unknown }

/** What a stage says. */
export type Verdict =
  | { readonly type: 'pass' }
  | { readonly type: 'refuse'; readonly error: SkeinError }
  /** The facts say what is waited for; the ask comes back when it is answered. */
  | { readonly type: 'wait'; readonly facts: readonly FactBody[] }
  /** No slot now: the ask comes back when it has one. */
  | { readonly type: 'queue' }

/** One check of the gate. */
export type Stage = { readonly name: string; readonly judge: (input: StageInput) => Verdict }

const PASS: Verdict = { type: 'pass' }

const shape: Stage = {
  name: 'shape',
  judge: ({ ask, record, parsed }) => {
    if (ask.work.kind !== 'tool' || record?.args !== undefined) return PASS
    const result = check(ask.work.tool.inputSchema, valueOf(ask.work.rawInput), `input of tool ${ask.name}`)
    if (result.ok) {
      parsed.input = result.value
      return PASS
    }
    return {
      type: 'refuse',
      error: new SkeinError(
        'INPUT_INVALID',
        `the input of tool ${ask.name} does not fit its schema: ${result.issues.slice(0, 5).join('; ')}`,
      ),
    }
  },
}

const unknownFirst: Stage = {
  name: 'unknown-first',
  judge: ({ process, ask, record }) => {
    if (ask.again || record !== undefined || ask.class !== 'write') return PASS
    for (const key of process.state.unknowns) {
      const other = process.state.record(key)
      if (other.argsHash !== ask.argsHash || other.name !== ask.name || !key.startsWith(ask.scope.path)) continue
      return {
        type: 'refuse',
        error: new SkeinError(
          'UNKNOWN_FIRST',
          `${ask.name} with these arguments has an unknown outcome already (${key}); find out first (skein ` +
            'resolve), or call it with { again: true }',
        ),
      }
    }
    return PASS
  },
}

/** A key that the far side may have forgotten protects no repeat; only an operator says "again" then. */
const keyAge: Stage = {
  name: 'key-age',
  judge: ({ process, ask, record }) => {
    if (ask.keyTtlMs === undefined || record?.firstBegunAt === undefined || record.phase !== 'waiting') return PASS
    if (!isInDoubt(ask, record) || process.deps.clock.now() - record.firstBegunAt <= ask.keyTtlMs) return PASS
    return { type: 'refuse', error: new SkeinError('UNKNOWN_OUTCOME', 'its key is older than the far side remembers') }
  },
}

const approval: Stage = {
  name: 'approval',
  judge: ({ process, ask, record }) => {
    const needed = record?.approvedBy === undefined && approvalNeed(ask)
    if (needed === false) return PASS
    if (needed !== true) return { type: 'refuse', error: needed }
    const key = suffixed(ask.key, 'approval')
    const known = process.state.effects.get(key)
    const toolVersion = versionOf(ask)
    if (known?.approvalOf?.argsHash === ask.argsHash && known.approvalOf.toolVersion === toolVersion)
      return known.outcome === undefined ? { type: 'wait', facts: [] } : PASS
    const expires = ask.approval.expiresMs
    const show =
      ask.work.kind === 'tool' ? { show: ask.work.rawInput } : ask.args === undefined ? {} : { show: ask.args }
    const dueAt = expires === undefined ? {} : { dueAt: process.deps.clock.now() + expires }
    return {
      type: 'wait',
      facts: [
        {
          type: 'waiting',
          key,
          on: {
            kind: 'approval',
            title: ask.name,
            argsHash: ask.argsHash,
            ...(toolVersion === undefined ? {} : { toolVersion }),
            ...show,
            ...dueAt,
          },
        },
      ],
    }
  },
}

/** An answer that is not a plain boolean (a promise, say) asks a person: in doubt, ask. A throw refuses. */
function approvalNeed(ask: EffectAsk): boolean | SkeinError {
  const { needed } = ask.approval
  if (typeof needed === 'boolean' || ask.work.kind !== 'tool') return needed !== false
  const result = check(ask.work.tool.inputSchema, valueOf(ask.work.rawInput), `input of tool ${ask.name}`)
  if (!result.ok) return false
  try {
    return needed(result.value) !== false
  } catch (thrown) {
    return toSkeinError(thrown, 'APPROVAL_DENIED')
  }
}

const approvalVerdict: Stage = {
  name: 'approval-verdict',
  judge: ({ process, ask }) => {
    const outcome = process.state.effects.get(suffixed(ask.key, 'approval'))?.outcome
    if (outcome?.type !== 'error') return PASS
    const data = valueOf(outcome.error) as { code: string; message: string }
    return { type: 'refuse', error: new SkeinError(data.code, data.message) }
  },
}

const budget: Stage = {
  name: 'budget',
  judge: ({ process, ask, reserve, account }) => {
    const short = account.shortage(reserve)
    if (short === undefined) return PASS
    const key = suffixed(ask.key, 'budget')
    const wait = process.state.effects.get(key)
    if (wait?.waiting !== undefined) return { type: 'wait', facts: [] }
    const refusedAbove = wait?.outcome?.type === 'error'
    if (!refusedAbove && (!account.strict || mayFund(process, short)))
      return { type: 'wait', facts: [{ type: 'waiting', key, on: { kind: 'budget', need: reserve } }] }
    const what = amountsText(short)
    const code = account.frozen ? 'ACCOUNT_FROZEN' : 'BUDGET_EXCEEDED'
    return {
      type: 'refuse',
      error: new SkeinError(
        code,
        `${ask.name} needs ${what} more than is left in the budget of ${process.pid}; raise the budget, or stop here`,
        { data: { need: reserve, short } },
      ),
    }
  },
}

const schedule: Stage = {
  name: 'schedule',
  judge: ({ process, ask }) => {
    if (process.slots.has(ask.key)) return PASS
    const slot = process.admission.tryEnter(lanesOf(ask, process.deps))
    if (slot === undefined) return { type: 'queue' }
    process.slots.set(ask.key, slot)
    return PASS
  },
}

/** The stages, in order. Capability, policy and flow take their places after `shape` when the guard is built. */
export const STAGES: readonly Stage[] = [shape, unknownFirst, keyAge, approval, approvalVerdict, budget, schedule]

/** Decides one effect: facts to record, or `queue`. Reserves on the draft account. */
export function decideEffect(process: Process, ask: EffectAsk, account: Account): readonly FactBody[] | 'queue' {
  const record = process.state.effects.get(ask.key)
  const attempt = (record?.attempt ?? 0) + 1
  const timeoutMs = timeoutOf(ask, account)
  const reserve = reservationOf(ask, { id: process.effectId(ask.key), attempt, timeoutMs }, process.deps)
  const parsed: ParsedInput = {}
  for (const stage of STAGES) {
    const verdict = stage.judge({ process, ask, record, reserve, account, parsed })
    switch (verdict.type) {
      case 'pass':
        continue
      case 'refuse':
        process.releaseSlot(ask.key)
        return [...endOfBudgetWait(process, ask.key), ...refusalOf(ask, record, verdict.error)]
      case 'wait':
        process.releaseSlot(ask.key)
        return verdict.facts
      case 'queue':
        return 'queue'
    }
  }
  account.reserve(reserve)
  const intent = intentOf(process, ask, { attempt, reserve, timeoutMs, ...(attempt === 1 ? argsOf(ask, parsed) : {}) })
  return [...endOfBudgetWait(process, ask.key), ...intent]
}

function versionOf(ask: EffectAsk): string | undefined {
  return ask.work.kind === 'tool' ? ask.work.tool.version : undefined
}

/** An earlier attempt may have been done: it was repeated under its key, or an operator said "again". */
function isInDoubt(ask: EffectAsk, record: EffectRecord): boolean {
  return ask.class === 'write' && ((record.inDoubt && ask.idempotent) || record.phase === 'unknown')
}

/** That no further attempt is allowed says nothing of one that may have been done: such a write is unknown (law 4). */
function refusalOf(ask: EffectAsk, record: EffectRecord | undefined, error: SkeinError): readonly FactBody[] {
  const { key } = ask
  if (record === undefined || !isInDoubt(ask, record))
    return [{ type: 'settled', key, attempt: 0, outcome: failure(error.toJSON()) }]
  const why = `an earlier attempt may have been done, and it was not repeated: ${error.message}`
  const unknown: FactBody = { type: 'unknown', key, attempt: record.attempt, why }
  if (ask.onUnknown === 'throw') return [unknown, { type: 'answered', key, outcome: { type: 'unknown', why } }]
  const question = `was ${ask.name} done? ${why}`
  return [unknown, { type: 'waiting', key: suffixed(key, 'resolve'), on: { kind: 'operator', question } }]
}

/** What the schema made of the input is recorded, so that every attempt does the same (rule K2); what is not data is parsed each time. */
function argsOf(ask: EffectAsk, { input }: ParsedInput): { readonly args?: Payload; readonly raw?: true } {
  if (ask.work.kind !== 'tool') return ask.args === undefined ? {} : { args: ask.args }
  try {
    return { args: payloadOf(input, 'ARGS_NOT_DATA') }
  } catch {
    return { args: ask.work.rawInput, raw: true }
  }
}

type Attempt = {
  readonly attempt: number
  readonly reserve: Amounts
  readonly timeoutMs: number
  readonly args?: Payload
  readonly raw?: true
}

function intentOf(process: Process, ask: EffectAsk, about: Attempt): readonly FactBody[] {
  const approver = process.state.effects.get(suffixed(ask.key, 'approval'))?.approvedBy
  const toolVersion = versionOf(ask)
  const intended: FactBody = {
    type: 'intended',
    key: ask.key,
    class: ask.class,
    kind: ask.work.kind,
    name: ask.name,
    argsHash: ask.argsHash,
    verdict: approver === undefined ? {} : { approvedBy: approver },
    ...about,
    ...(ask.idempotent ? { idempotent: true as const } : {}),
    ...(toolVersion === undefined ? {} : { toolVersion }),
  }
  if (ask.class === 'local') return [intended]
  return [intended, { type: 'begun', key: ask.key, attempt: about.attempt, owner: process.act.owner }]
}
