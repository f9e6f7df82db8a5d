/**
 * Module hooks for users' files: `skein` and `skein/*` are this very package, TypeScript is an ES module
 * whatever the nearest package.json says, and relative imports may be written as tsc writes them.
 *
 * Invariants:
 * 1. Only `.ts` files outside node_modules are touched; other packages are the user's.
 * 2. The hooks are in place while at least one holder has not disposed them.
 */
import { registerHooks } from 'node:module'
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module'

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput
type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput

/** The condition under which package.json names the sources; true while this code itself runs from them. */
const SOURCE_CONDITIONS = import.meta.url.endsWith('.ts') ? ['skein-source'] : []

let holders = 0
let registered: { deregister(): void } | undefined

/** Puts the hooks in place until disposed. */
export function userFileHooks(): Disposable {
  holders += 1
  registered ??= registerHooks({ resolve, load })
  let held = true
  return {
    [Symbol.dispose]: () => {
      if (!held) return
      held = false
      holders -= 1
      if (holders > 0) return
      registered?.deregister()
      registered = undefined
    },
  }
}

function resolve(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  if (specifier === 'skein' || specifier.startsWith('skein/')) {
    return next(specifier, {
      ...context,
      parentURL: import.meta.url,
      conditions: [...context.conditions, ...SOURCE_CONDITIONS],
    })
  }
  try {
    return next(specifier, context)
  } catch (failure) {
    for (const candidate of typescriptNames(specifier)) {
      const found = attempt(() => next(candidate, context))
      if (found !== undefined) return found
    }
    throw failure
  }
}

/** The files a relative import may mean when it was written for a compiler. */
function typescriptNames(specifier: string): readonly string[] {
  if (!specifier.startsWith('./') && !specifier.startsWith('../')) return []
  const stem = specifier.replace(/\.js$/, '')
  return [`${stem}.ts`, `${stem}/index.ts`, `${stem}.js`]
}

function attempt<T>(resolveOne: () => T): T | undefined {
  try {
    return resolveOne()
  } catch {
    return undefined
  }
}

function load(url: string, context: LoadHookContext, next: NextLoad): LoadFnOutput {
  if (!url.startsWith('file:') || !/\.ts(?:[?#]|$)/.test(url) || url.includes('/node_modules/'))
    return next(url, context)
  return next(url, { ...context, format: 'module-typescript' })
}
