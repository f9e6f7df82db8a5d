/** The body of an agent: feeds its reducer, one outcome after the other (rule A1). No promises, so no macrotasks. */
import { asEffectKey, asPid, SkeinError, toSkeinError, unreachable } from '../../std/index.ts'
import type { AgentDefinition } from '../definitions/definition.ts'
import type { ReducerAsk, ReducerInstance, ReducerOutcome, ReducerStep } from '../definitions/reducer.ts'
import type { Ask } from '../effects/ask.ts'
import { modelEffect } from '../effects/call-effects.ts'
import type { EffectBody } from '../effects/call-effects.ts'
import { toolEffect } from '../effects/tool-effect.ts'
import { seenChild } from '../forks/afresh.ts'
import { failureOf, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import type { Body, BodyEnd } from './body.ts'
import { keysOfSlot } from './drop.ts'
import type { Process } from './process.ts'
import { isTimeToLeave } from './snapshot-moment.ts'

/** Runs an agent. */
export class ReducerBody implements Body {
  readonly synchronous = true
  end: BodyEnd | undefined
  readonly #process: Process
  readonly #definition: AgentDefinition
  readonly #given: () => { readonly input: unknown; readonly state?: unknown }
  #reducer: ReducerInstance | undefined
  /** The end, unless mail comes that the reducer has just asked for. */
  #parting: BodyEnd | undefined

  constructor(process: Process, definition: AgentDefinition, given: () => { input: unknown; state?: unknown }) {
    this.#process = process
    this.#definition = definition
    this.#given = given
  }

  start(): void {
    const { hash } = this.#process.deps
    this.#guarded(() => {
      const overrides = this.#process.state.born?.fork?.overrides
      this.#reducer = this.#definition.reducer({
        ...this.#given(),
        pid: this.#process.pid,
        hash: (text) => hash.sha256(text),
        ...(overrides === undefined ? {} : { overrides }),
      })
      return this.#reducer.begin()
    })
  }

  /** What could come has come: no mail, so it is the end. */
  rested(): void {
    this.end ??= this.#parting
  }

  #on(slot: string, outcome: Outcome): void {
    const reducer = this.#reducer
    if (reducer === undefined || this.end !== undefined || outcome.type === 'cancelled') return
    this.#parting = undefined
    this.#guarded(() => reducer.on(slot, reducerOutcome(outcome)))
  }

  #guarded(run: () => ReducerStep): void {
    let step: ReducerStep
    try {
      step = run()
    } catch (thrown) {
      this.end = { type: 'error', error: toSkeinError(thrown, 'WORKFLOW_FAILED').toJSON() }
      return
    }
    if (step.snapshot !== undefined && isTimeToLeave(this.#process, step.snapshot.isDue)) {
      this.end = { type: 'continue', state: step.snapshot.state() }
      return
    }
    for (const ask of step.asks) this.#ask(ask)
    if (step.end === undefined) return
    const end: BodyEnd = step.end.ok
      ? { type: 'value', value: step.end.value }
      : { type: 'error', error: step.end.error }
    if (step.asks.length === 0) this.end = end
    else this.#parting = end
  }

  #ask(ask: ReducerAsk): void {
    try {
      for (const asked of this.#translate(ask)) this.#process.ask(asked)
    } catch (thrown) {
      const error = toSkeinError(thrown).toJSON()
      this.#guarded(() => this.#reducer?.on(ask.slot, { ok: false, error }) ?? { asks: [] })
    }
  }

  #translate(ask: ReducerAsk): Ask[] {
    const process = this.#process
    const key = asEffectKey(ask.slot)
    const scope = process.root
    const settle = (outcome: Outcome): void => this.#on(ask.slot, outcome)
    const base = { key, scope, settle }
    switch (ask.type) {
      case 'model':
        return [{ ...modelOf(ask), key, scope, settle }]
      case 'tool': {
        const { tool, name, input, toolCallId, messages } = ask
        return [{ ...toolEffect(tool, name, input, { toolCallId, messages }, process.deps.hash), key, scope, settle }]
      }
      case 'absent':
        return [{ ...base, op: 'absent', name: ask.name, message: ask.message }]
      case 'hook':
        return [{ ...base, op: 'hook', name: ask.name, fn: ask.fn }]
      case 'run': {
        const child = seenChild(process, base.key, ask.definition.name)
        return [
          {
            ...base,
            settle: () => undefined,
            op: 'start',
            name: ask.definition.name,
            definition: ask.definition,
            input: payloadOf(ask.input, 'ARGS_NOT_DATA'),
            child,
            budget: undefined,
            detached: false,
          },
          { ...base, key: suffixed(base.key, 'end'), op: 'join', child },
        ]
      }
      case 'receive': {
        const { pattern, schema, aside = false } = ask
        return [{ ...base, op: 'receive', pattern, schema, timeoutMs: undefined, aside }]
      }
      case 'send': {
        const { topic, messageType: type, failed } = ask
        const body = payloadOf(ask.body, 'ARGS_NOT_DATA')
        const about = {
          ...(topic === undefined ? {} : { topic }),
          ...(type === undefined ? {} : { type }),
          ...(failed === undefined ? {} : { failed }),
        }
        return [{ ...base, op: 'send', to: asPid(ask.to), body, ...about, expectsReply: false }]
      }
      case 'drop': {
        const keys = ask.slots.flatMap(keysOfSlot)
        // Of what the journal has let go of, nothing more is delivered: neither live nor in replay.
        for (const key of keys) if (process.state.letGo.has(key)) process.open.delete(key)
        return [{ ...base, op: 'drop', keys }]
      }
      default:
        return unreachable(ask, 'ask of a reducer')
    }
  }
}

function modelOf({ ref, request, contentHash, args, shown }: Extract<ReducerAsk, { type: 'model' }>): EffectBody {
  const recorded = args === undefined ? undefined : payloadOf(args, 'ARGS_NOT_DATA')
  return modelEffect(ref, request, { argsHash: contentHash, args: recorded, shown }, {})
}

function reducerOutcome(outcome: Outcome): ReducerOutcome {
  if (outcome.type === 'ok') return { ok: true, value: valueOf(outcome.value) }
  const error = failureOf(outcome)
  return { ok: false, error: error ?? new SkeinError('EFFECT_FAILED', 'failed').toJSON() }
}
