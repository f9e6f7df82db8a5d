/** Deliveries: the only way a body moves (rules D1–D4). */
import { SkeinError } from '../../std/index.ts'
import type { EffectKey, ScopePath } from '../../std/index.ts'
import { isShielded, liesWithin } from '../scopes/scope.ts'
import { CANCEL_KEY } from './cancel.ts'
import type { Process } from './process.ts'

/** Delivers the asked outcome with the lowest seq and lets the body come to rest. False when there is none. */
export function deliverNext(process: Process): boolean | Promise<boolean> {
  const key = nextKey(process)
  if (key === undefined) return false
  return inMacrotask(process, () => deliver(process, key)) ?? true
}

/** A body that has come to its end is told nothing more: what it left behind must not change its value (rule S5). */
function nextKey(process: Process): EffectKey | undefined {
  if (process.body?.end !== undefined) return undefined
  for (let key = process.queue.shift(); key !== undefined; key = process.queue.shift()) {
    if (process.open.has(key)) return key
  }
  return undefined
}

/** Runs one stretch of the body; synchronous bodies need no macrotask of their own. */
export function inMacrotask(process: Process, stretch: () => void): Promise<true> | undefined {
  const run = (): void => {
    process.window = true
    if (process.deps.guardBody === undefined) stretch()
    else process.deps.guardBody(process.pid, stretch)
  }
  if (process.body?.synchronous === true) {
    run()
    process.window = false
    return undefined
  }
  return new Promise((resolve) => {
    process.deps.macrotask(run, () => {
      process.window = false
      resolve(true)
    })
  })
}

function deliver(process: Process, key: EffectKey): void {
  const ask = process.open.get(key)
  const outcome = process.state.effects.get(key)?.outcome
  if (ask === undefined || outcome === undefined) return
  process.told.note(key, process.state.record(key).outcomeSeq)
  if (ask.op === 'close') closeScope(process, ask.closes, key)
  if (ask.op === 'close') ask.concluded.close()
  if (ask.op === 'close' && key !== CANCEL_KEY) process.shield.closed(ask.concluded)
  process.settleOpen(ask, outcome)
}

/** Every pending call of the scope rejects once, in ask order (rule X3). */
function closeScope(process: Process, scope: ScopePath, closing: EffectKey): void {
  for (const ask of [...process.open.values()]) {
    if (ask.key === closing || ask.key === CANCEL_KEY || !liesWithin(ask.scope.path, scope)) continue
    process.settleOpen(ask, { type: 'cancelled' })
  }
}

/** Whether the body waits for something that is not the kernel's (rule D3). */
export function foreignAwait(process: Process): SkeinError | undefined {
  if (process.broken !== undefined) return process.broken
  if (process.body?.end !== undefined || process.state.cancelled !== undefined) return undefined
  for (const ask of process.open.values()) {
    const isMereFrame =
      ask.key === CANCEL_KEY || isShielded(ask.key) || (ask.op === 'close' && !ask.concluded.isConcluded)
    if (!isMereFrame) return undefined
  }
  return new SkeinError(
    'FOREIGN_AWAIT',
    `${process.definition?.name} awaits something that is not an effect of its ctx (a fetch, a timer, a promise ` +
      `of its own); wrap it: await ctx.step('name', () => …)`,
  )
}
