/**
 * `all`, `map`, `race`, `select`: branches with scopes of their own (rules S1–S4, X1–X3).
 *
 * Invariants:
 * 1. Branches are functions of their own ctx, never promises; while they run the parent's ctx is suspended.
 * 2. A combinator ends by one `closed` fact, delivered like any outcome; nothing in it is decided after it has concluded.
 * 3. Its promise settles in that delivery, after all pending calls of its branches have rejected.
 */
import { SkeinError } from '../../std/index.ts'
import { authorIdent, contentIdent } from '../keys/key.ts'
import type { Ask } from '../effects/ask.ts'
import type { Process } from '../processes/process.ts'
import { closeKey } from '../scopes/scope.ts'
import type { Scope } from '../scopes/scope.ts'
import type { Collected, Ctx } from './context.ts'

/** Branches by position or by name. */
export type BranchFunctions = readonly ((ctx: Ctx) => unknown)[] | Readonly<Record<string, (ctx: Ctx) => unknown>>
/** How `ctx.map` goes through its items. */
export type MapOptions = {
  readonly concurrency?: number
  readonly key?: (item: never) => string
  readonly errors?: 'cancel' | 'collect'
}

type Branch = { readonly name: string; readonly run: (ctx: Ctx) => unknown }
type End = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error }
/** What a combinator makes of the ends so far: how it concludes, or undefined to go on. */
type Conclusion = {
  readonly why: 'won' | 'done' | 'failed'
  readonly settle: (resolve: (value: unknown) => void, reject: (error: Error) => void) => void
}
type Judge = (ends: readonly (End | undefined)[], latest: number) => Conclusion | undefined

/** The combinators of one scope. */
export class Combinators {
  readonly #process: Process
  readonly #scope: Scope
  readonly #contextOf: (scope: Scope) => Ctx

  constructor(process: Process, scope: Scope, contextOf: (scope: Scope) => Ctx) {
    this.#process = process
    this.#scope = scope
    this.#contextOf = contextOf
  }

  all(branches: BranchFunctions): Promise<unknown> {
    const named = branchesOf(branches, 'all')
    return this.#open(
      'all',
      named,
      named.length,
      everyEnd((ends) => shaped(branches, ends.map(valueOfEnd))),
    )
  }

  map(
    items: readonly unknown[],
    fn: (ctx: Ctx, item: unknown, index: number) => unknown,
    options: MapOptions,
  ): Promise<unknown> {
    if (!Array.isArray(items)) throw new SkeinError('INPUT_INVALID', 'ctx.map takes an array of items')
    if (typeof fn !== 'function') throw promiseGiven('map')
    const names = this.#itemNames(items, options.key as ((item: unknown) => string) | undefined)
    const named = items.map((item, index) => ({
      name: names[index] as string,
      run: (ctx: Ctx) => fn(ctx, item, index),
    }))
    const judge: Judge = options.errors === 'collect' ? collected : everyEnd((ends) => ends.map(valueOfEnd))
    return this.#open('map', named, options.concurrency ?? named.length, judge)
  }

  race(branches: BranchFunctions): Promise<unknown> {
    const named = branchesOf(branches, 'race')
    if (named.length === 0) throw new SkeinError('INPUT_INVALID', 'ctx.race of no branches would never end')
    return this.#open(
      'race',
      named,
      named.length,
      firstEnd((_name, value) => value, named),
    )
  }

  select(branches: BranchFunctions): Promise<unknown> {
    const named = branchesOf(branches, 'select')
    if (named.length === 0) throw new SkeinError('INPUT_INVALID', 'ctx.select of no branches would never end')
    return this.#open(
      'select',
      named,
      named.length,
      firstEnd((name, value) => ({ name, value }), named),
    )
  }

  /** Scope names by content, so that an item added in front leaves the others theirs (rule S1). */
  #itemNames(items: readonly unknown[], keyOf: ((item: unknown) => string) | undefined): string[] {
    const seen = new Map<string, number>()
    return items.map((item) => {
      const base =
        keyOf === undefined
          ? contentIdent(item ?? null, this.#process.deps.hash).slice(0, 16)
          : authorIdent(keyOf(item)).replaceAll('~', '%7e')
      const occurrence = seen.get(base) ?? 0
      seen.set(base, occurrence + 1)
      return occurrence === 0 ? base : `${base}~${occurrence}`
    })
  }

  #open(kind: string, branches: readonly Branch[], concurrency: number, judge: Judge): Promise<unknown> {
    if (!Number.isInteger(concurrency) || (concurrency < 1 && branches.length > 0))
      throw new SkeinError('INPUT_INVALID', `concurrency ${concurrency} is not a whole number of 1 or more`)
    const scope = this.#scope.openCombinator(kind)
    const ends: (End | undefined)[] = branches.map(() => undefined)
    return new Promise((resolve, reject) => {
      let finish = (): void => undefined
      const ask = this.#closing(scope, () => finish(), reject)
      this.#process.register(ask)
      const conclude = (latest: number): boolean => {
        const conclusion = scope.isConcluded ? undefined : judge(ends, latest)
        if (conclusion === undefined) return false
        scope.conclude()
        finish = () => conclusion.settle(resolve, reject)
        this.#process.ask({ ...ask, why: conclusion.why })
        return true
      }
      let next = 0
      const startNext = (): void => {
        const index = next
        const branch = branches[index]
        if (branch === undefined || scope.isConcluded) return
        next += 1
        const inner = scope.branch(branch.name)
        const onEnd = (end: End): void => {
          ends[index] = end
          if (end.ok && !scope.isConcluded) inner.hasSucceeded = true
          if (!conclude(index)) startNext()
        }
        invoke(branch, this.#contextOf(inner)).then(
          (value) => onEnd({ ok: true, value }),
          (thrown: unknown) => onEnd({ ok: false, error: thrown as Error }),
        )
      }
      if (!conclude(-1)) for (let i = 0; i < Math.min(concurrency, branches.length); i++) startNext()
    })
  }

  #closing(scope: Scope, finish: () => void, reject: (error: Error) => void): Extract<Ask, { op: 'close' }> {
    return {
      op: 'close',
      key: closeKey(scope.path),
      scope: this.#scope,
      closes: scope.path,
      concluded: scope,
      why: 'done',
      settle: (outcome) => {
        if (outcome.type === 'ok') finish()
        else reject(new SkeinError('CANCELLED', `the scope of this ctx.${scope.path.split('.').at(-1)} was closed`))
      },
    }
  }
}

async function invoke(branch: Branch, ctx: Ctx): Promise<unknown> {
  return branch.run(ctx)
}

function branchesOf(branches: BranchFunctions, call: string): Branch[] {
  const entries = Array.isArray(branches)
    ? branches.map((run: unknown, index) => [String(index), run] as const)
    : Object.entries(branches)
  return entries.map(([name, run]) => {
    if (typeof run !== 'function') throw promiseGiven(call)
    return { name: authorIdent(name).slice(1), run: run as Branch['run'] }
  })
}

function promiseGiven(call: string): SkeinError {
  return new SkeinError(
    'SCOPE_PROMISE',
    `ctx.${call} was given something that is not a function (a promise, perhaps); write functions of the ` +
      `branch's ctx: ctx.${call}([(c) => c.tool(…)])`,
  )
}

const valueOfEnd = (end: End | undefined): unknown => (end?.ok === true ? end.value : undefined)

function shaped(branches: BranchFunctions, values: readonly unknown[]): unknown {
  return Array.isArray(branches)
    ? values
    : Object.fromEntries(Object.keys(branches).map((name, index) => [name, values[index]]))
}

/** Done when all have ended; failed with the first failure. */
function everyEnd(result: (ends: readonly (End | undefined)[]) => unknown): Judge {
  return (ends, latest) => {
    const end = ends[latest]
    if (end?.ok === false) return { why: 'failed', settle: (_resolve, reject) => reject(end.error) }
    if (ends.some((other) => other === undefined)) return undefined
    return { why: 'done', settle: (resolve) => resolve(result(ends)) }
  }
}

const collected: Judge = (ends) => {
  if (ends.some((end) => end === undefined)) return undefined
  return { why: 'done', settle: (resolve) => resolve([...ends] as Collected<unknown>[]) }
}

function firstEnd(result: (name: string, value: unknown) => unknown, branches: readonly Branch[]): Judge {
  return (ends, latest) => {
    const end = ends[latest]
    if (end === undefined) return undefined
    const name = branches[latest]?.name ?? ''
    return { why: 'won', settle: (resolve, reject) => (end.ok ? resolve(result(name, end.value)) : reject(end.error)) }
  }
}
