/** Tools whose other end is the simulated world. */
import type { EffectClass, Tool, ToolExecutionOptions } from '../../kernel/index.ts'
import type { Duration } from '../../std/index.ts'
import type { Service, World } from './world.ts'
import { anything } from './anything.ts'

/** How a world tool is declared. */
export type WorldToolSettings = {
  readonly name: string
  readonly effect?: EffectClass
  /** The service remembers keys, and the tool says so. */
  readonly idempotent?: boolean
  /** The service can be asked what became of a key. */
  readonly reconcile?: boolean
  readonly needsApproval?: boolean
  readonly timeout?: Duration
  readonly keyTtl?: Duration
  readonly concurrency?: number
  readonly value?: Service['value']
}

/** A tool that asks `world` and, where declared, reconciles with it. */
export function worldTool(world: World, settings: WorldToolSettings): Tool & { readonly name: string } {
  const { name, idempotent = false, reconcile = false, value, ...rest } = settings
  const service: Service = {
    name,
    keyed: idempotent,
    inert: settings.effect === 'local',
    ...(value === undefined ? {} : { value }),
  }
  const requestOf = (input: unknown, options: ToolExecutionOptions) => ({
    service,
    input,
    key: options.idempotencyKey ?? options.toolCallId,
    attempt: options.attempt ?? 1,
    signal: options.abortSignal,
  })
  return {
    name,
    inputSchema: anything,
    ...rest,
    ...(idempotent ? { idempotent } : {}),
    execute: (input, options) => world.request(requestOf(input, options)),
    ...(reconcile ? { reconcile: (input, options) => world.look(requestOf(input, options)) } : {}),
  }
}
