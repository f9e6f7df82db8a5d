/** A checked definition: all that the loop needs beside the input. */
import { modelName } from '../kernel/index.ts'
import type { ModelRef, ModelRequest, Sampling, WhenBusy } from '../kernel/index.ts'
import type { Approvals } from './approval.ts'
import type { ContextPlan } from './context/context-settings.ts'
import type { OutputFormat } from './output.ts'
import type { Instructions } from './prompt.ts'
import type { CircleLimits } from './repeats.ts'
import type { MigrateState } from './state.ts'
import type { StopCondition } from './steps.ts'
import type { Toolset } from './toolset.ts'

/** What `agent()` has made of its settings. */
export type AgentPlan = {
  readonly name: string
  readonly version: string
  readonly model: ModelRef
  readonly instructions: Instructions | ((input: unknown) => unknown) | undefined
  /** Without the tools that hand over. */
  readonly own: Toolset
  /** With the tools that hand over; asked for late, because agents may name each other. */
  readonly tools: () => Toolset
  readonly approvals: Approvals
  readonly toolChoice: ModelRequest['toolChoice']
  readonly sampling: Sampling | undefined
  readonly output: OutputFormat
  readonly stepsMax: number
  readonly stopWhen: readonly StopCondition[]
  readonly whenBusy: WhenBusy
  /** Lives on its mailbox when it has answered. */
  readonly isLasting: boolean
  readonly circles: CircleLimits
  readonly context: ContextPlan | undefined
  readonly migrate: MigrateState | undefined
}

/** What is the same in every request of an agent. */
export function requestOf(plan: AgentPlan): Omit<ModelRequest, 'messages'> {
  const tools = [...plan.tools().values()].map((entry) => entry.spec)
  return {
    model: modelName(plan.model),
    ...(tools.length === 0 ? {} : { tools }),
    ...(plan.toolChoice === undefined || tools.length === 0 ? {} : { toolChoice: plan.toolChoice }),
    ...(plan.output.kind === 'schema' ? { output: plan.output.request } : {}),
    ...(plan.sampling === undefined ? {} : { sampling: plan.sampling }),
  }
}
