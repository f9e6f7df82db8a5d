/** The driver of `ctx.step`: runs the author's function. */
import { isPending } from '../../kernel/index.ts'
import type { Driver, StepCall } from '../../kernel/index.ts'
import { TOOL_CONCURRENCY_MAX } from '../limits.ts'
import { measured, reserved } from './meter.ts'
import type { ToolDriverOptions } from './tool-driver.ts'
import { untilAborted } from './until-aborted.ts'

/** A driver that runs steps in this process; a step counts as a tool call. */
export function stepDriver(options: ToolDriverOptions): Driver<StepCall> {
  const { clock, concurrencyMax = TOOL_CONCURRENCY_MAX } = options
  return {
    concurrencyMax,
    reserve: reserved,
    async perform(call) {
      const actual = measured(clock, call.timeoutMs)
      const about = { idempotencyKey: call.id, abortSignal: call.signal, attempt: call.attempt }
      const value = await untilAborted(clock, call.signal, async () => call.fn(about))
      return isPending(value) ? { pending: value, actual: actual() } : { value, actual: actual() }
    },
  }
}
