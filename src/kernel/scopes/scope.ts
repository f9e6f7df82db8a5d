/**
 * The tree of scopes of a running workflow: which branch an ask belongs to, and whether it may still speak.
 *
 * Invariants:
 * 1. A scope never reopens. `closing`: concluded, its `closed` fact not yet delivered; `closed`: delivered.
 * 2. Whatever is below a scope that is not open is not open.
 * 3. While a combinator is open its parent is suspended (rule S2).
 */
import { asEffectKey, asScopePath, SkeinError } from '../../std/index.ts'
import type { EffectKey, ScopePath } from '../../std/index.ts'

/** Where compensations run (rule X4): beside all other scopes, so that no closing reaches it. */
export const SHIELD_PATH = 'shield/'

/** One scope of a running workflow. */
export class Scope {
  readonly path: ScopePath
  readonly parent: Scope | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'
  #operations = 0
  /** Its function has returned before its combinator came to its end. */
  hasSucceeded = false
  #openCombinator: Scope | undefined

  constructor(path: ScopePath, parent: Scope | undefined) {
    this.path = path
    this.parent = parent
  }

  /** The scope of a combinator opened here; suspends this scope until the combinator is closed. */
  openCombinator(kind: string): Scope {
    const combinator = new Scope(asScopePath(`${this.path}${this.#operations}.${kind}`), this)
    this.#operations += 1
    this.#openCombinator = combinator
    return combinator
  }

  branch(name: string): Scope {
    return new Scope(asScopePath(`${this.path}[${name}]/`), this)
  }

  get isOpen(): boolean {
    return this.#state === 'open' && (this.parent === undefined || this.parent.isOpen)
  }

  /** True once the scope or one above it has been told so by a delivered `closed` fact. */
  get isClosed(): boolean {
    return this.#state === 'closed' || (this.parent?.isClosed ?? false)
  }

  get isConcluded(): boolean {
    return this.#state !== 'open'
  }

  conclude(): void {
    if (this.#state === 'open') this.#state = 'closing'
  }

  close(): void {
    this.#state = 'closed'
    if (this.parent !== undefined && this.parent.#openCombinator === this) this.parent.#openCombinator = undefined
  }

  /** The branch of `combinator` that this scope lies in. */
  branchOf(combinator: Scope): Scope | undefined {
    return this.parent === combinator ? this : this.parent?.branchOf(combinator)
  }

  isWithin(ancestor: Scope): boolean {
    return this === ancestor || (this.parent?.isWithin(ancestor) ?? false)
  }

  /** Throws where a call on this scope's ctx is a mistake of the author (rule S2). */
  assertMayCall(call: string): void {
    if (this.#openCombinator !== undefined) {
      throw new SkeinError(
        'SCOPE_SUSPENDED',
        `ctx.${call} was called while ctx.${this.#openCombinator.path.split('.').at(-1)} is open on the same ` +
          'ctx; inside it, use the ctx that the branch function is given',
      )
    }
  }
}

/** The key under which the end of a combinator is asked for and delivered. */
export function closeKey(scope: ScopePath): EffectKey {
  return asEffectKey(`${scope}:close`)
}

/** Whether an effect key or scope path lies inside a closed scope, by its text alone (for facts nobody asks for). */
export function liesWithin(path: string, closed: ScopePath): boolean {
  if (isShielded(path)) return false
  return closed === '' || path.startsWith(`${closed}[`)
}

/** Whether an effect key or scope path lies in the shield scope. */
export function isShielded(path: string): boolean {
  return path.startsWith(SHIELD_PATH)
}
