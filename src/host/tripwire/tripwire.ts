/**
 * The dev-time tripwire: tells, once per place, where the body of a workflow touches the world directly.
 * A contract for code that we run in our own process, not a sandbox.
 *
 * Invariants:
 * 1. A touch is judged only between `enter` and `leave`: the synchronous stretch of a body and the microtasks it caused.
 * 2. Functions stand behind one boolean while anybody holds the tripwire; the `Date` constructor is another one in
 *    the window only, so that `Date` keeps its identity everywhere else.
 * 3. When the last holder has disposed it, every function is the original again.
 * 4. Where it throws, it looks at every touch; where it warns, at the first of each workflow and function, and then at some.
 */
import { syncBuiltinESMExports } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SkeinError } from '../../std/index.ts'
import { TRIPWIRE_LOOKS_MAX, TRIPWIRE_REPORTS_MAX, TRIPWIRE_SAMPLE } from '../limits.ts'
import type { TripwireMode } from './mode.ts'
import { touchPlace } from './place.ts'
import { cryptoMend, globalTouches, moduleTouches } from './touches.ts'
import type { Touch } from './touches.ts'

/** One process-wide tripwire; hold it as long as bodies may run. */
export interface Tripwire extends Disposable {
  /** A body of this workflow begins to run. */
  enter(workflow: string): void
  /** All microtasks of the bodies that entered have run. */
  leave(): void
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown
type Report = (line: string) => void

const THIS_FILE = fileURLToPath(import.meta.url)
const STACK_FRAMES = 16
/** `stackOf`, `touched`, the wrapper, and who called it. */
const CALLER_FRAMES = 4

let holders = 0
let inBody = false
let mode: TripwireMode = 'off'
let report: Report = () => undefined
let restore: () => void = () => undefined
let outsideDate = Date
let bodyDate = Date
const workflows = new Set<string>()
/** Whose body was entered last. */
let entered = ''
const reported = new Set<string>()
const touchCounts = new Map<string, number>()

/** Puts the tripwire up, or joins the one that is up. */
export function tripwire(wanted: Exclude<TripwireMode, 'off'>, write: Report): Tripwire {
  mode = wanted
  report = write
  holders += 1
  if (holders === 1) putUp()
  let held = true
  return {
    enter: (workflow) => {
      workflows.add(workflow)
      entered = workflow
      if (inBody) return
      inBody = true
      globalThis.Date = bodyDate
    },
    leave,
    [Symbol.dispose]: () => {
      if (!held) return
      held = false
      holders -= 1
      if (holders === 0) takeDown()
    },
  }
}

function leave(): void {
  if (!inBody) return
  inBody = false
  workflows.clear()
  globalThis.Date = outsideDate
}

function putUp(): void {
  outsideDate = globalThis.Date
  bodyDate = watchedDate(outsideDate)
  restore = exchange([
    ...globalTouches(),
    // Not by `import`: whoever hosts without a tripwire need not load them, and an import of `node:http` evaluates its
    // getters, which load all of undici (100 ms).
    ...moduleTouches('fs', process.getBuiltinModule('node:fs')),
    ...moduleTouches('fs.promises', process.getBuiltinModule('node:fs/promises')),
    ...moduleTouches('child_process', process.getBuiltinModule('node:child_process')),
    ...moduleTouches('http', process.getBuiltinModule('node:http')),
    ...moduleTouches('https', process.getBuiltinModule('node:https')),
    ...moduleTouches('timers', process.getBuiltinModule('node:timers/promises'), () => 'use ctx.sleep()'),
    ...moduleTouches('crypto', process.getBuiltinModule('node:crypto'), cryptoMend).filter((touch) =>
      touch.member.startsWith('random'),
    ),
  ])
  syncBuiltinESMExports()
}

function takeDown(): void {
  leave()
  restore()
  syncBuiltinESMExports()
  reported.clear()
  touchCounts.clear()
}

function watchedDate(original: DateConstructor): DateConstructor {
  return new Proxy(original, {
    construct: (target, args, newTarget) => {
      if (args.length === 0) touched('new Date()', 'use new Date(await ctx.now())')
      return Reflect.construct(target, args, newTarget === bodyDate ? target : newTarget) as object
    },
    apply: (target) => {
      touched('Date()', 'use new Date(await ctx.now())')
      return target()
    },
  })
}

/** Wraps each function; returns what puts the originals back, own property or inherited as before. */
function exchange(touches: readonly Touch[]): () => void {
  const undo: (() => void)[] = []
  for (const { owner, member, name, mend } of touches) {
    const before = Object.getOwnPropertyDescriptor(owner, member)
    const original = (owner as Record<string, unknown>)[member]
    if (typeof original !== 'function' || before?.configurable === false) continue
    const wrapped: AnyFunction = function (this: unknown, ...args) {
      if (inBody) touched(name, mend)
      return Reflect.apply(original as AnyFunction, this, args)
    }
    Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original))
    Object.defineProperty(owner, member, {
      value: wrapped,
      configurable: true,
      writable: true,
      enumerable: before?.enumerable ?? true,
    })
    undo.push(() =>
      before === undefined ? Reflect.deleteProperty(owner, member) : Object.defineProperty(owner, member, before),
    )
  }
  return () => {
    for (const putBack of undo) putBack()
  }
}

function touched(name: string, mend: string): void {
  if (!inBody || (mode === 'warn' && !isLookedAt(name))) return
  // Skein's own calls are the frequent ones: a short look at the caller lets them pass.
  if (touchPlace(stackOf(name, CALLER_FRAMES), THIS_FILE) === 'own') return
  const place = touchPlace(stackOf(name, STACK_FRAMES), THIS_FILE)
  if (place === undefined || place === 'own') return
  const where = `${relative(process.cwd(), place.file)}:${place.line}`
  const who = workflows.size === 1 ? `workflow ${[...workflows][0]}` : 'a workflow'
  const line = `${who} touches ${name} at ${where}; ${mend}`
  if (mode === 'error') throw new SkeinError('FOREIGN_TOUCH', `${line} (a body must do the same again after a crash)`)
  const key = `${where} ${name}`
  if (reported.has(key) || reported.size >= TRIPWIRE_REPORTS_MAX) return
  reported.add(key)
  report(`tripwire: ${line}`)
}

/** A body that reads the clock all the time is warned of it soon; after that most touches cost no stack trace. */
function isLookedAt(name: string): boolean {
  // Of each workflow: what one does all the time must not hide what another one does once.
  const key = `${entered} ${name}`
  const count = (touchCounts.get(key) ?? 0) + 1
  touchCounts.set(key, count)
  return count <= TRIPWIRE_LOOKS_MAX || count % TRIPWIRE_SAMPLE === 0
}

function stackOf(name: string, frames: number): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = frames
  const { stack = '' } = new Error(name)
  Error.stackTraceLimit = limit
  return stack
}
