/** The driver of tools: runs a tool's `execute`, or asks its `reconcile` what became of an attempt in doubt. */
import type { Clock } from '../../std/index.ts'
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { Driver, DriverResult, Reconciled, ToolCall } from '../../kernel/index.ts'
import { isPending, parse } from '../../kernel/index.ts'
import { TOOL_CONCURRENCY_MAX } from '../limits.ts'
import { measured, reserved } from './meter.ts'
import { ExecutionOptions } from './execution-options.ts'
import { isLater, lastValue } from './last-value.ts'

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
    perform: (call) => (call.act === 'execute' ? execute(clock, call) : reconciled(clock, call)),
  }
}

/** What a body gives at once is a result at once. */
function execute(clock: Clock, call: ToolCall): DriverResult | Promise<DriverResult> {
  const { tool, name } = call
  if (tool.execute === undefined) {
    throw new SkeinError(
      'DEFINITION_INVALID',
      `tool "${name}" has no execute; give it one, or answer its calls outside of Skein`,
    )
  }
  const actual = measured(clock, call.timeoutMs)
  const finish = (value: unknown): DriverResult =>
    isPending(value) ? { pending: value, actual: actual() } : { value: checked(call, value), actual: actual() }
  const result: unknown = tool.execute(call.input, new ExecutionOptions(call))
  return isLater(result) ? lastValue(result, call).then(finish) : finish(result)
}

async function reconciled(clock: Clock, call: ToolCall): Promise<DriverResult> {
  const actual = measured(clock, call.timeoutMs)
  const found = await reconcile(call)
  if (isPending(found)) return { pending: found, actual: actual() }
  if ('done' in found) return { value: found.done, actual: actual() }
  if ('absent' in found) return { reconciled: 'absent' }
  return { reconciled: 'unknown', ...('about' in found ? found.about : {}) }
}

type Found = Reconciled<unknown> | { readonly unknown: true; readonly about: { readonly why: string } }

/** Whatever goes wrong while asking, the answer is that nothing is known (rule E6). */
async function reconcile(call: ToolCall): Promise<Found> {
  const ask = call.tool.reconcile
  if (ask === undefined) return { unknown: true }
  try {
    const found: unknown = await ask(call.input, new ExecutionOptions(call))
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
