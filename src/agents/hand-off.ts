/** Hand-off: an agent gives the conversation to another one, by a tool `transfer_to_<name>` as models know it. */
import { SkeinError } from '../std/index.ts'
import type { AgentDefinition, AnyDefinition } from '../kernel/index.ts'
import type { AgentPlan } from './plan.ts'
import type { ToolEntry } from './toolset.ts'

/** Agents that may be handed over to; a function where they name each other. */
export type Handoffs = readonly AgentDefinition[] | (() => readonly AgentDefinition[])

const TOOL_NAME_CHARS_MAX = 64
const PLANS = new WeakMap<AnyDefinition, AgentPlan>()

/** Lets an agent be handed over to. */
export function notePlan(definition: AnyDefinition, plan: AgentPlan): void {
  PLANS.set(definition, plan)
}

/** The plan of the agent that had the conversation, as far as this code can still hand over to one of that name. */
export function heirOf(root: AgentPlan, name: string | undefined): AgentPlan {
  const plans = [root]
  // The list grows while it is walked.
  for (const plan of plans) {
    if (plan.name === name) return plan
    for (const entry of plan.tools().values())
      if (entry.kind === 'handoff' && !plans.includes(entry.plan)) plans.push(entry.plan)
  }
  return root
}

/** The tools that hand over. Throws `DEFINITION_INVALID`. */
export function handoffEntries(handoffs: readonly unknown[], agentName: string): readonly ToolEntry[] {
  return handoffs.map((given, i) => {
    const definition = given as AgentDefinition
    const plan = typeof given === 'object' && given !== null ? PLANS.get(definition) : undefined
    if (plan === undefined)
      throw new SkeinError(
        'DEFINITION_INVALID',
        `handoffs[${i}] of agent "${agentName}" is no agent; give what agent({ … }) returned, or a function that returns a list of them`,
      )
    const name = `transfer_to_${plan.name.replace(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, TOOL_NAME_CHARS_MAX)
    const about = definition.description === undefined ? '' : ` ${definition.description}`
    const description = `Hands this conversation over to the agent ${plan.name}, which goes on with it in your place.${about}`
    const inputSchema = { type: 'object', properties: {}, additionalProperties: false }
    return { kind: 'handoff', name, plan, spec: { name, description, inputSchema } }
  })
}
