/**
 * How a ctx asks: makes the key, checks that the call is allowed here and now, and gives out the promise.
 *
 * Invariants:
 * 1. A call outside a delivery to this process is refused before anything is asked (rule D3).
 * 2. A call on a closed scope never settles (rule X3); on a suspended one it throws (rule S2).
 * 3. No promise given out resolves in the macrotask that asked (rule D1), and none can crash the host unhandled (rule S5).
 */
import { canon, errorFromData, SkeinError } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import { failureOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { authorIdent, contentIdent, textIdent } from '../keys/key.ts'
import type { Process } from '../processes/process.ts'
import type { Scope } from '../scopes/scope.ts'

/** An ask, but for who asks. */
export type AskBody = { [Op in Ask['op']]: Omit<Extract<Ask, { op: Op }>, 'key' | 'scope' | 'settle'> }[Ask['op']]

type Asked = {
  readonly kind: string
  readonly name: string
  readonly authorKey: string | undefined
  readonly identity: unknown
  /** The ident of `identity`, where it makes the key. */
  readonly content: string | undefined
}

/** Asks on behalf of one scope. */
export class Asker {
  readonly #process: Process
  readonly #scope: Scope

  constructor(process: Process, scope: Scope) {
    this.#process = process
    this.#scope = scope
  }

  /** Makes the key, and asks; what it returns never settles on a closed scope. */
  ask(
    kind: string,
    name: string,
    authorKey: string | undefined,
    identity: unknown,
    make: (key: EffectKey, content: string | undefined) => AskBody,
  ): Promise<unknown> {
    if (!this.mayCall(kind)) return never()
    const content =
      authorKey !== undefined || identity === undefined ? undefined : contentIdent(identity, this.#process.deps.hash)
    const ident = this.#ident({ kind, name, authorKey, identity, content })
    const key = this.#process.keyFor(this.#process.keys.next(this.#scope.path, kind, name, ident))
    return this.#push(key, make(key, content))
  }

  /** By what the author wrote (rule K1); in a fork, by what its origin wrote there, whose pid may be part of it. */
  #ident(asked: Asked): string {
    const { kind, name, authorKey, identity, content } = asked
    const { keys, deps, state } = this.#process
    if (authorKey !== undefined) return authorIdent(authorKey)
    if (content === undefined) return '-'
    const fork = state.born?.fork
    if (fork === undefined) return content
    const isKnown = (ident: string): boolean => state.effects.has(keys.peek(this.#scope.path, kind, name, ident))
    if (isKnown(content)) return content
    const { pid } = this.#process
    const text = canon(identity)
    if (!text.includes(pid)) return content
    const older = [fork.from, ...(fork.ancestors ?? [])].map((origin) =>
      textIdent(text.replaceAll(pid, origin), deps.hash),
    )
    return older.find(isKnown) ?? content
  }

  /** An ask whose key is known. */
  askAs(key: EffectKey, make: () => AskBody, call: string): Promise<unknown> {
    return this.mayCall(call) ? this.#push(key, make()) : never()
  }

  #push(key: EffectKey, body: AskBody): Promise<unknown> {
    const scope = this.#scope
    const promise = new Promise<unknown>((resolve, reject) => {
      this.#process.ask({ ...body, key, scope, settle: (outcome) => settle(outcome, resolve, reject) })
    })
    return handled(promise)
  }

  /** False on a closed scope. Throws where the call is a mistake. */
  mayCall(call: string): boolean {
    if (this.#process.body?.end !== undefined) return false
    if (!this.#process.window) {
      const error = new SkeinError(
        'FOREIGN_AWAIT',
        `ctx.${call} of ${this.#process.definition?.name} was called after awaiting something that is not an ` +
          `effect of its ctx (a fetch, a timer, a promise of its own); wrap that in: await ctx.step('name', () => ` +
          '…)',
      )
      this.#process.breakOff(error)
      throw error
    }
    if (!this.#scope.isOpen) return false
    this.#scope.assertMayCall(call)
    return true
  }
}

/** Turns a delivered outcome into what the author's promise does. */
export function settle(outcome: Outcome, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  const failed = failureOf(outcome)
  if (failed !== undefined) reject(errorFromData(failed))
  else if (outcome.type === 'ok') resolve(valueOf(outcome.value))
}

/** A promise whose rejection nobody has to hear (rule S5). */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

/** What a call on a closed scope returns. */
export const never = (): Promise<never> => new Promise(() => undefined)
