/**
 * The gate: every effect passes it (law 1). An ordered list of stages; the first that does not say `pass` decides.
 *
 * shape ▸ fork-writes ▸ unknown-first ▸ key-age ▸ quarantine ▸ switch ▸ approval ▸ budget ▸ schedule ▸ decide (reserve, intended,
 * begun): one synchronous act, journaled once per attempt and never evaluated again for a key that has a verdict (rule E1).
 */
import type { SkeinError } from '../../std/index.ts'
import type { Account } from '../accounts/account.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { reservationOf } from '../effects/attempt.ts'
import { timeoutOf } from '../effects/time.ts'
import type { FactBody } from '../journal/facts.ts'
import { failure, payloadOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import { endOfBudgetWait } from '../processes/funding.ts'
import { endOfSwitchWait } from '../processes/held.ts'
import type { Process } from '../processes/process.ts'
import { isInDoubt } from './doubt.ts'
import type { ParsedInput, Stage, StageInput } from './stage.ts'
import { approval, approvalVerdict } from './stages/approval.ts'
import { budget } from './stages/budget.ts'
import { forkWrites } from './stages/fork-writes.ts'
import { keyAge } from './stages/key-age.ts'
import { quarantine } from './stages/quarantine.ts'
import { schedule } from './stages/schedule.ts'
import { shape } from './stages/shape.ts'
import { switchedOff } from './stages/switch.ts'
import { unknownFirst } from './stages/unknown-first.ts'
import { hashesOf, shownFirst } from './shown-texts.ts'
import { versionOf } from './tool-version.ts'

/** The stages, in order. Capability, policy and flow take their places after `shape` when the guard is built. */
export const STAGES: readonly Stage[] = [
  shape,
  forkWrites,
  unknownFirst,
  keyAge,
  quarantine,
  switchedOff,
  approval,
  approvalVerdict,
  budget,
  schedule,
]

/** Decides one effect: facts to record, or `queue`. Reserves on the draft account. */
export function decideEffect(process: Process, ask: EffectAsk, account: Account): readonly FactBody[] | 'queue' {
  const record = process.state.effects.get(ask.key)
  const attempt = (record?.attempt ?? 0) + 1
  const timeoutMs = timeoutOf(ask, account)
  const reserve = reservationOf(ask, { id: process.effectId(ask.key), attempt, timeoutMs }, process.deps)
  const parsed: ParsedInput = {}
  const input: StageInput = { process, ask, record, reserve, account, parsed }
  for (const stage of STAGES) {
    const verdict = stage.judge(input)
    switch (verdict.type) {
      case 'pass':
        continue
      case 'refuse':
        process.releaseSlot(ask.key)
        return [...endOfWaits(process, ask.key), ...refusalOf(ask, record, verdict.error)]
      case 'answer':
        process.releaseSlot(ask.key)
        return [{ type: 'settled', key: ask.key, attempt: 0, outcome: verdict.outcome, note: verdict.note }]
      case 'wait':
        process.releaseSlot(ask.key)
        if (stage === switchedOff) return verdict.facts
        return [...endOfSwitchWait(process, suffixed(ask.key, 'switch')), ...verdict.facts]
      case 'queue':
        return 'queue'
    }
  }
  account.reserve(reserve)
  const given = attempt === 1 ? argsOf(ask, parsed) : NO_ARGS
  const intent = intentOf(process, ask, { attempt, reserve, timeoutMs }, given)
  const ends = endOfWaits(process, ask.key)
  return ends.length === 0 ? intent : [...ends, ...intent]
}

const NO_FACTS: readonly FactBody[] = []

/** What has a verdict waits for nothing more. */
function endOfWaits(process: Process, key: EffectAsk['key']): readonly FactBody[] {
  if (!process.state.hasWaited) return NO_FACTS
  return [...endOfSwitchWait(process, suffixed(key, 'switch')), ...endOfBudgetWait(process, key)]
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
function argsOf(ask: EffectAsk, { input }: ParsedInput): Given {
  if (ask.work.kind !== 'tool') return ask.args === undefined ? NO_ARGS : { args: ask.args }
  try {
    return { args: payloadOf(input, 'ARGS_NOT_DATA') }
  } catch {
    return { args: ask.work.rawInput, raw: true }
  }
}

type Given = { readonly args?: Payload; readonly raw?: true }
type Attempt = { readonly attempt: number; readonly reserve: Amounts; readonly timeoutMs: number }

const NO_ARGS: Given = {}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function intentOf(process: Process, ask: EffectAsk, about: Attempt, { args, raw }: Given): readonly FactBody[] {
  const { state } = process
  const approver = state.hasWaited ? state.effects.get(suffixed(ask.key, 'approval'))?.approvedBy : undefined
  const toolVersion = versionOf(ask)
  const { prompt, tools } = hashesOf(ask)
  const { attempt, reserve, timeoutMs } = about
  const intended: Writable<Extract<FactBody, { type: 'intended' }>> = {
    type: 'intended',
    key: ask.key,
    class: ask.class,
    kind: ask.work.kind,
    name: ask.name,
    argsHash: ask.argsHash,
    verdict: approver === undefined ? {} : { approvedBy: approver },
    attempt,
    reserve,
    timeoutMs,
  }
  // Member by member: an object of its own for each that may be absent would cost more than all the rest.
  if (args !== undefined) intended.args = args
  if (raw !== undefined) intended.raw = raw
  if (ask.idempotent) intended.idempotent = true
  if (toolVersion !== undefined) intended.toolVersion = toolVersion
  if (prompt !== undefined) intended.prompt = prompt
  if (tools !== undefined) intended.tools = tools
  if (ask.class === 'local') return [intended]
  const begun: FactBody = { type: 'begun', key: ask.key, attempt, owner: process.act.owner }
  const shown = shownFirst(process, ask)
  return shown.length === 0 ? [intended, begun] : [...shown, intended, begun]
}
