/** Decides a batch of asks in ask order: one synchronous act, recorded once (rules E1, T3). */
import { asMessageId, limits, SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { Account } from '../accounts/account.ts'
import { amountsText, capOf, DIMENSIONS } from '../accounts/amounts.ts'
import type { Amounts, Dimension } from '../accounts/amounts.ts'
import type { Ask, AskOf } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import { failure, NOTHING, payloadOf } from '../journal/outcome.ts'
import { patternOf, standIn } from '../forks/afresh.ts'
import { baseKey, endKey, originalKey, suffixed } from '../keys/key.ts'
import { dropFact } from '../processes/drop.ts'
import { endOfBudgetWait, mayFund } from '../processes/funding.ts'
import { endOfSwitchWait, HELD_KEY, holdOf, holdOfAsk, isHoldable, waitForSwitch } from '../processes/held.ts'
import type { SwitchedOff } from '../ports/switches.ts'
import type { Process } from '../processes/process.ts'
import { isShielded } from '../scopes/scope.ts'
import { isRefused } from '../upgrade/ambiguity.ts'
import { decideEffect } from './gate.ts'

/** Why an effect fails that somebody has said no to when other code was adopted. */
const REFUSED_BY_VERDICT =
  'it may have been done by the code before, and whoever upgraded the run has said that it is to fail'

/** Facts of all the decisions, the asks that must queue for a slot, and those that a switch holds with their process. */
export type Decisions = {
  readonly facts: readonly FactBody[]
  readonly queued: readonly Ask[]
  readonly held: readonly Ask[]
}

/** Facts for a batch of asks, in ask order; later ones see what earlier ones reserved. */
export function decideAsks(process: Process, asks: readonly Ask[]): Decisions {
  const account = process.state.account.draft()
  if (!process.shield.isEmpty) account.reserve(process.shield.kept(process.state))
  const off = holdOf(process)
  const held = off === undefined ? [] : asks.filter(isHoldable)
  const facts: FactBody[] = [...holdFacts(process, off, held.length)]
  const queued: Ask[] = []
  // A start that is refused answers the wait for its end, which may stand in the same batch.
  let answered: Set<EffectKey> | undefined
  for (const ask of asks) {
    if (answered?.has(ask.key) === true || held.includes(ask)) continue
    // What was kept back for a compensation is its own (rule X4).
    if (isShielded(ask.key)) account.settle(process.shield.keptFor(process.state, ask.key), {})
    const decided = isRefused(process, ask)
      ? refusals(ask, new SkeinError('EFFECT_FAILED', REFUSED_BY_VERDICT))
      : ask.op === 'effect'
        ? decideEffect(process, ask, account)
        : decideOther(process, ask, account)
    if (decided === 'queue') {
      queued.push(ask)
      continue
    }
    facts.push(...named(ask, decided))
    for (const fact of decided) if (fact.type === 'answered') (answered ??= new Set()).add(fact.key)
  }
  return { facts, queued, held }
}

/** What was not begun says what it is called, where its key does not: the slot of an agent names a place (`r2/tool/0`). */
function named(ask: Ask, facts: readonly FactBody[]): readonly FactBody[] {
  if ((ask.op !== 'effect' && ask.op !== 'start' && ask.op !== 'absent') || ask.key.includes(':')) return facts
  if (facts.every(({ type }) => type === 'intended' || type === 'begun' || type === 'shown')) return facts
  const { key, name } = ask
  return facts.map((fact) => {
    const isFirst = fact.type === 'waiting' || (fact.type === 'settled' && fact.attempt === 0)
    return isFirst && baseKey(fact.key) === key ? { ...fact, name } : fact
  })
}

function holdFacts(process: Process, off: SwitchedOff | undefined, held: number): readonly FactBody[] {
  if (off === undefined) return endOfSwitchWait(process, HELD_KEY)
  return held === 0 ? [] : waitForSwitch(process, HELD_KEY, off)
}

function decideOther(process: Process, ask: Exclude<Ask, { op: 'effect' }>, account: Account): readonly FactBody[] {
  const { key } = ask
  const now = (): number => process.deps.clock.now()
  const dueIn = (ms: number | undefined): { readonly dueAt?: number } => (ms === undefined ? {} : { dueAt: now() + ms })
  switch (ask.op) {
    case 'absent':
      return [refusal(ask, new SkeinError('TOOL_UNKNOWN', ask.message))]
    case 'draw':
      return [{ type: 'settled', key, attempt: 0, outcome: { type: 'ok', value: payloadOf(draw(process, ask.what)) } }]
    case 'hook':
      return []
    case 'start':
      return decideStart(process, ask, account)
    case 'join':
      return [{ type: 'waiting', key, on: { kind: 'child', pid: standIn(process, ask.child) } }]
    case 'cancelChild':
      return [
        {
          type: 'sent',
          key,
          id: asMessageId(process.effectId(key)),
          to: standIn(process, ask.child),
          what: 'cancel',
        },
        { type: 'settled', key, attempt: 0, outcome: { type: 'ok', value: NOTHING } },
      ]
    case 'send':
      return [
        {
          type: 'sent',
          key,
          id: asMessageId(process.effectId(originalKey(key))),
          to: standIn(process, ask.to),
          what: 'message',
          body: ask.body,
        },
      ]
    case 'drop':
      return [dropFact(process, ask)]
    case 'receive':
      if (ask.aside) return []
      return [
        { type: 'waiting', key, on: { kind: 'message', pattern: patternOf(process, ask), ...dueIn(ask.timeoutMs) } },
      ]
    case 'sleep':
      return [{ type: 'waiting', key, on: { kind: 'timer', dueAt: now() + ask.delayMs } }]
    case 'question':
      return [
        {
          type: 'waiting',
          key,
          on: {
            kind: 'answer',
            title: ask.title,
            ...(ask.show === undefined ? {} : { show: ask.show }),
            ...dueIn(ask.expiresMs),
          },
        },
      ]
    case 'promise':
      return [{ type: 'waiting', key, on: { kind: 'promise', name: ask.name, ...dueIn(ask.timeoutMs) } }]
    case 'close':
      return [{ type: 'closed', scope: ask.closes, why: ask.why, key }]
    default:
      return unreachable(ask, 'ask')
  }
}

/** A start that is refused answers the wait for its end too. */
function refusals(ask: Ask, error: SkeinError): readonly FactBody[] {
  if (ask.op !== 'start') return [refusal(ask, error)]
  return [refusal(ask, error), { type: 'answered', key: endKey(ask.key), outcome: failure(error.toJSON()) }]
}

function refusal(ask: Ask, error: SkeinError): FactBody {
  return { type: 'settled', key: ask.key, attempt: 0, outcome: failure(error.toJSON()) }
}

function draw(process: Process, what: AskOf<'draw'>['what']): unknown {
  switch (what) {
    case 'now':
      return process.deps.clock.now()
    case 'random':
      return process.deps.random.next()
    case 'uuid': {
      const hex = process.deps.random.hex(16)
      const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
    }
    case 'budget':
      return process.state.account.left()
    case 'compensation':
      return undefined
    default:
      return unreachable(what, 'draw')
  }
}

/** A child's own cap where a budget was given; elsewhere half of what is left here to begin with, and more on demand. */
function carveOf(account: Account, budget: Amounts): Amounts {
  const carve: { [D in Dimension]?: number } = {}
  for (const dimension of DIMENSIONS) {
    const wanted = budget[dimension]
    if (wanted !== undefined) carve[dimension] = wanted
    else if (account.available(dimension) !== Number.POSITIVE_INFINITY)
      carve[dimension] = Math.max(
        0,
        Math.ceil((account.available(dimension) - (dimension === 'processes' ? 1 : 0)) / 2),
      )
  }
  return carve
}

function decideStart(process: Process, ask: AskOf<'start'>, account: Account): readonly FactBody[] {
  const refuse = (error: SkeinError): readonly FactBody[] => [
    ...endOfSwitchWait(process, suffixed(ask.key, 'switch')),
    ...endOfBudgetWait(process, ask.key),
    ...refusals(ask, error),
  ]
  const depth = (process.state.born?.depth ?? 0) + 1
  if (depth > limits.SPAWN_DEPTH_MAX)
    return refuse(
      new SkeinError(
        'PROCESS_REFUSED',
        `${ask.name} would be process number ${depth} in a chain of children, more than ` +
          `${limits.SPAWN_DEPTH_MAX}; look for agents that delegate to each other`,
      ),
    )
  const off = holdOfAsk(process, ask)
  const switchKey = suffixed(ask.key, 'switch')
  if (off !== undefined) return waitForSwitch(process, switchKey, off)
  const carve = carveOf(account, ask.budget === undefined ? {} : capOf(ask.budget))
  const price = { processes: 1 }
  const need = { ...carve, processes: (carve.processes ?? 0) + 1 }
  const short = account.shortage(need)
  if (short !== undefined) {
    const what = amountsText(short)
    const key = suffixed(ask.key, 'budget')
    const wait = process.state.effects.get(key)
    if (wait?.waiting !== undefined) return []
    if (wait?.outcome?.type === 'error' || (account.strict && !mayFund(process, short)))
      return refuse(
        new SkeinError(
          'BUDGET_EXCEEDED',
          `starting ${ask.name} needs ${what} more than is left in the budget of ${process.pid}`,
          { data: { need, short } },
        ),
      )
    return [...endOfSwitchWait(process, switchKey), { type: 'waiting', key, on: { kind: 'budget', need } }]
  }
  account.carve(carve, price)
  return [
    ...endOfSwitchWait(process, switchKey),
    ...endOfBudgetWait(process, ask.key),
    {
      type: 'sent',
      key: ask.key,
      id: asMessageId(process.effectId(ask.key)),
      to: ask.child,
      what: 'start',
      name: ask.name,
      body: ask.input,
      ...(ask.detached ? { detached: true as const } : {}),
    },
    { type: 'account', op: 'carve', key: ask.key, amounts: carve, spent: price, other: ask.child },
    { type: 'settled', key: ask.key, attempt: 0, outcome: { type: 'ok', value: NOTHING } },
  ]
}
