/** The driver of tools: runs a tool's `execute`, or asks its `reconcile` what became of an attempt in doubt. */
import type { Clock } from '../../std/index.ts'
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { Driver, DriverResult, Reconciled, ToolCall, ToolExecutionOptions } from '../../kernel/index.ts'
import { isPending, lentMessages, parse } from '../../kernel/index.ts'
import { TOOL_CONCURRENCY_MAX } from '../limits.ts'
import { measured, reserved } from './meter.ts'
import { lastValue } from './last-value.ts'
import { untilAborted } from './until-aborted.ts'

/** What the drivers of this room need. */
export type ToolDriverOptions = {
  readonly clock: Clock
  /** Calls that may run at once in this host. */
  readonly concurrencyMax?: number
}

/** A driver that runs tools in this process. */
export function toolDriver(options: ToolDriverOptions): Driver<ToolCall> {
  const { clock, concurrencyMax = TOOL_CONCURRENCY_MAX } = options
  return {
    concurrencyMax,
    reserve: reserved,
    async perform(call): Promise<DriverResult> {
      const actual = measured(clock, call.timeoutMs)
      switch (call.act) {
        case 'execute': {
          const value = await untilAborted(clock, call.signal, () => execute(call))
          return isPending(value) ? { pending: value, actual: actual() } : { value, actual: actual() }
        }
        case 'reconcile': {
          const found = await reconcile(clock, call)
          if (isPending(found)) return { pending: found, actual: actual() }
          if ('done' in found) return { value: found.done, actual: actual() }
          if ('absent' in found) return { reconciled: 'absent' }
          return { reconciled: 'unknown', ...('about' in found ? found.about : {}) }
        }
      }
    },
  }
}

async function execute(call: ToolCall): Promise<unknown> {
  const { tool, name } = call
  if (tool.execute === undefined) {
    throw new SkeinError(
      'DEFINITION_INVALID',
      `tool "${name}" has no execute; give it one, or answer its calls outside of Skein`,
    )
  }
  const value = await lastValue(tool.execute(call.input, optionsOf(call)), call)
  return isPending(value) ? value : checked(call, value)
}

type Found = Reconciled<unknown> | { readonly unknown: true; readonly about: { readonly why: string } }

/** Whatever goes wrong while asking, the answer is that nothing is known (rule E6). */
async function reconcile(clock: Clock, call: ToolCall): Promise<Found> {
  const ask = call.tool.reconcile
  if (ask === undefined) return { unknown: true }
  try {
    const found: unknown = await untilAborted(clock, call.signal, async () => ask(call.input, optionsOf(call)))
    if (typeof found !== 'object' || found === null) return { unknown: true }
    if (isPending(found)) return found
    if ('done' in found) return { done: checked(call, found.done) }
    return 'absent' in found && found.absent === true ? { absent: true } : { unknown: true }
  } catch (thrown) {
    return { unknown: true, about: { why: `looking it up failed: ${toSkeinError(thrown).message}` } }
  }
}

function checked(call: ToolCall, value: unknown): unknown {
  const schema = call.tool.outputSchema
  return schema === undefined
    ? value
    : parse(schema, value, `the output of tool "${call.name}", which has run,`, 'OUTPUT_INVALID')
}

function optionsOf(call: ToolCall): ToolExecutionOptions {
  const lent = lentMessages(call.messages)
  return {
    toolCallId: call.toolCallId,
    get messages() {
      return lent()
    },
    abortSignal: call.signal,
    idempotencyKey: call.id,
    attempt: call.attempt,
    progress: call.progress,
  }
}
