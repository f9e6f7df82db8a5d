/**
 * What the code of a workflow asks for, in order, when it is run against its facts with nothing behind it; and the same
 * run once more on masked facts, where the i-th call takes over what is recorded of the i-th call of the first run.
 *
 * A key is made of the arguments of its call, and a scope of `ctx.map` of its item: masked values make others. What the
 * two runs have in common is the order of their calls; where it differs, the code depends on a value that was masked.
 */
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { EffectKey, ScopePath } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { Ask } from '../effects/ask.ts'
import { Admission } from '../gate/admission.ts'
import { KeyCounter } from '../keys/key.ts'
import type { Activation } from '../ports/activation.ts'
import type { KernelDeps } from '../ports/host.ts'
import { makeBody } from '../processes/bodies.ts'
import { CANCEL_KEY } from '../processes/cancel.ts'
import { Process } from '../processes/process.ts'
import type { ProcessState } from '../processes/process-state.ts'
import { replayBody } from '../processes/replay.ts'
import { askedKey } from '../upgrade/adoption.ts'
import { movedKey, moveRecords, ownerOf } from './move-records.ts'

/** A call that made a key, or a combinator that opened a scope. */
export type Call = { readonly what: string; readonly key: EffectKey }

/** What one run came to. */
export type CallSequence = {
  readonly calls: readonly Call[]
  readonly known: ReadonlyMap<EffectKey, Ask>
  /** What keys and scopes were made of, as canonical text. */
  readonly texts: readonly string[]
  /** How it stands at the end of its facts: equal for equal runs. */
  readonly end: string
}

/** What is run. */
export type Rerun = {
  readonly act: Activation
  readonly deps: KernelDeps
  readonly state: ProcessState
  readonly definition: AnyDefinition
}

/** Runs the code; `real`: the calls of the run whose records these take over. Throws where the two differ. */
export async function callSequence(of: Rerun, real?: readonly Call[]): Promise<CallSequence> {
  using process = new Watched(of, real)
  makeBody(process)
  await replayBody(process).catch((thrown: unknown) => {
    throw process.broken ?? toSkeinError(thrown)
  })
  const asked = process.asked.map(({ op }) => op).join()
  return {
    calls: process.calls,
    known: process.known,
    texts: process.texts,
    end: `${process.body?.end?.type} ${process.open.size} ${asked}`,
  }
}

class Watched extends Process {
  readonly calls: Call[] = []
  readonly texts: string[]
  readonly #real: readonly Call[] | undefined
  readonly #scopes = new Set<EffectKey>()
  readonly #owned: ReadonlyMap<EffectKey, readonly EffectKey[]>

  constructor({ act, deps, state, definition }: Rerun, real: readonly Call[] | undefined) {
    const texts: string[] = []
    const sha256 = (text: string): string => {
      texts.push(text)
      return deps.hash.sha256(text)
    }
    super(act, { ...deps, hash: { sha256 } }, new Admission(), state)
    this.texts = texts
    this.definition = definition
    this.codeDigest = state.codeDigest
    this.#real = real
    this.#owned = Map.groupBy(state.effects.keys(), (key) => askedKey(ownerOf(key)))
    this.keys = new WatchedKeys((what, key) => this.#called({ what, key }))
  }

  override register(ask: Ask): void {
    if (ask.op === 'close' && ask.key !== CANCEL_KEY && !this.#scopes.has(ask.key)) {
      this.#scopes.add(ask.key)
      this.#called({ what: `scope ${ask.closes.split('.').at(-1)}`, key: ask.key })
    }
    super.register(ask)
  }

  #called(call: Call): void {
    const real = this.#real?.[this.calls.length]
    this.calls.push(call)
    if (this.#real === undefined || this.broken !== undefined) return
    if (real?.what === call.what && this.#takesOver(real.key, call.key)) return
    this.broken = new SkeinError('WORKFLOW_DIVERGED', `call ${this.calls.length} is another one with masked values`)
  }

  #takesOver(real: EffectKey, masked: EffectKey): boolean {
    const owned = this.#owned.get(real) ?? []
    return moveRecords(this.state, owned, (key) => movedKey(key, masked))
  }
}

class WatchedKeys extends KeyCounter {
  readonly #called: (what: string, key: EffectKey) => void

  constructor(called: (what: string, key: EffectKey) => void) {
    super()
    this.#called = called
  }

  override next(scope: ScopePath, kind: string, name: string, ident: string): EffectKey {
    const key = super.next(scope, kind, name, ident)
    // Two strings that are told apart make two keys, and must still when they are masked.
    this.#called(`${scope.split('/').length} ${kind} ${key.slice(key.lastIndexOf('#'))}`, key)
    return key
  }
}
