/** The driver of `ctx.step`: runs the author's function. */
import { isPending } from '../../kernel/index.ts'
import type { Driver, DriverResult, StepCall } from '../../kernel/index.ts'
import { TOOL_CONCURRENCY_MAX } from '../limits.ts'
import { measured, reserved } from './meter.ts'
import { isLater } from './last-value.ts'
import type { ToolDriverOptions } from './tool-driver.ts'

/** A driver that runs steps in this process; a step counts as a tool call. */
export function stepDriver(options: ToolDriverOptions): Driver<StepCall> {
  const { clock, concurrencyMax = TOOL_CONCURRENCY_MAX } = options
  return {
    concurrencyMax,
    reserve: reserved,
    perform(call) {
      const actual = measured(clock, call.timeoutMs)
      const about = {
        idempotencyKey: call.id,
        get abortSignal() {
          return call.signal
        },
        attempt: call.attempt,
      }
      const finish = (value: unknown): DriverResult =>
        isPending(value) ? { pending: value, actual: actual() } : { value, actual: actual() }
      const result = call.fn(about)
      return isLater(result) ? Promise.resolve(result).then(finish) : finish(result)
    },
  }
}
