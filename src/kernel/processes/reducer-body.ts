/** The body of an agent: feeds its reducer, one outcome after the other (rule A1). No promises, so no macrotasks. */
import { asEffectKey, SkeinError, toSkeinError, unreachable } from '../../std/index.ts'
import type { AgentDefinition } from '../definitions/definition.ts'
import type { ReducerAsk, ReducerInstance, ReducerOutcome, ReducerStep } from '../definitions/reducer.ts'
import type { Ask } from '../effects/ask.ts'
import { modelEffect } from '../effects/call-effects.ts'
import { toolEffect } from '../effects/tool-effect.ts'
import { failureOf, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { childPid, suffixed } from '../keys/key.ts'
import type { Body, BodyEnd } from './body.ts'
import type { Process } from './process.ts'

/** Runs an agent. */
export class ReducerBody implements Body {
  readonly synchronous = true
  end: BodyEnd | undefined
  readonly #process: Process
  readonly #definition: AgentDefinition
  readonly #input: () => unknown
  #reducer: ReducerInstance | undefined

  constructor(process: Process, definition: AgentDefinition, input: () => unknown) {
    this.#process = process
    this.#definition = definition
    this.#input = input
  }

  start(): void {
    const { hash } = this.#process.deps
    this.#guarded(() => {
      this.#reducer = this.#definition.reducer({
        input: this.#input(),
        pid: this.#process.pid,
        hash: (text) => hash.sha256(text),
      })
      return this.#reducer.begin()
    })
  }

  #on(slot: string, outcome: Outcome): void {
    const reducer = this.#reducer
    if (reducer === undefined || this.end !== undefined || outcome.type === 'cancelled') return
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
    for (const ask of step.asks) this.#ask(ask)
    if (step.end !== undefined)
      this.end = step.end.ok ? { type: 'value', value: step.end.value } : { type: 'error', error: step.end.error }
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
    const base = {
      key: asEffectKey(ask.slot),
      scope: process.root,
      settle: (outcome: Outcome) => this.#on(ask.slot, outcome),
    }
    switch (ask.type) {
      case 'model':
        return [{ ...base, ...modelEffect(ask.ref, ask.request, { argsHash: ask.contentHash, args: undefined }, {}) }]
      case 'tool':
        return [
          {
            ...base,
            ...toolEffect(
              ask.tool,
              ask.name,
              ask.input,
              { toolCallId: ask.toolCallId, messages: ask.messages },
              process.deps.hash,
            ),
          },
        ]
      case 'absent':
        return [{ ...base, op: 'absent', name: ask.name, message: ask.message }]
      case 'hook':
        return [{ ...base, op: 'hook', name: ask.name, fn: ask.fn }]
      case 'run': {
        const child = childPid(process.effectId(base.key), ask.definition.name, process.deps.hash)
        return [
          {
            ...base,
            settle: () => undefined,
            op: 'start',
            definition: ask.definition,
            input: payloadOf(ask.input, 'ARGS_NOT_DATA'),
            child,
            budget: undefined,
            detached: false,
          },
          { ...base, key: suffixed(base.key, 'end'), op: 'join', child },
        ]
      }
      default:
        return unreachable(ask, 'ask of a reducer')
    }
  }
}

function reducerOutcome(outcome: Outcome): ReducerOutcome {
  if (outcome.type === 'ok') return { ok: true, value: valueOf(outcome.value) }
  const error = failureOf(outcome)
  return { ok: false, error: error ?? new SkeinError('EFFECT_FAILED', 'failed').toJSON() }
}
