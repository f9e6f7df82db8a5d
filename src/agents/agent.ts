/** `agent()`: a model, its instructions and its tools, as a durable definition. */
import { SkeinError } from '../std/index.ts'
import { checkName, isSchema, jsonSchemaOf, modelName, noteDefinition, retentionMember } from '../kernel/index.ts'
import type { AgentDefinition, InferSchemaInput, Schema } from '../kernel/index.ts'
import { approvalsOf } from './approval.ts'
import { handoffEntries, notePlan } from './hand-off.ts'
import type { Handoffs } from './hand-off.ts'
import { contextPlanOf } from './context/context-settings.ts'
import { AgentLoop } from './loop.ts'
import type { AgentPlan } from './plan.ts'
import { outputFormatOf } from './output.ts'
import type { AgentOutput, OutputValue } from './output.ts'
import { instructionsText } from './prompt.ts'
import type { MessageInput } from './prompt.ts'
import { checkSettings, circleLimitsOf, samplingOf, stepsMaxOf, toolChoiceOf } from './settings.ts'
import type { AgentSettings } from './settings.ts'
import { toolsetOf } from './toolset.ts'
import type { ToolEntry, Toolset } from './toolset.ts'

/** What an agent without an `input` schema may be given; other data is shown to the model as JSON. */
export type AgentInput =
  | string
  | readonly MessageInput[]
  | { readonly messages: readonly MessageInput[] }
  | { readonly prompt: string }
  | Readonly<Record<string, unknown>>

type InputOf<I> = I extends Schema ? InferSchemaInput<I> : AgentInput

/**
 * Defines an agent: a loop of model calls and tool calls that ends with an answer. The settings are those of the AI
 * SDK's `ToolLoopAgent`, and a name. Throws `DEFINITION_INVALID`, naming the agent and the mend.
 */
export function agent<
  const I extends Schema | undefined = undefined,
  const O extends AgentOutput | undefined = undefined,
>(settings: AgentSettings<I, O>): AgentDefinition<InputOf<I>, OutputValue<O>> {
  const plan = planOf(settings)
  const { name, input, output, description, onUpgrade, retention } = settings
  const definition: AgentDefinition = {
    kind: 'agent',
    name,
    version: plan.version,
    ...(description === undefined ? {} : { description }),
    ...(input === undefined ? {} : { input }),
    ...(isSchema(output) ? { output } : {}),
    source: sourceOf(plan, settings),
    onUpgrade: onUpgrade ?? 'adopt',
    ...retentionMember(retention),
    reducer: ({ input: given, state, hash, overrides = {} }) => {
      const { model = plan.model, instructions = plan.instructions } = overrides
      return new AgentLoop({ ...plan, model, instructions }, { input: given, state }, hash)
    },
  }
  notePlan(definition, plan)
  noteDefinition(definition)
  return definition as AgentDefinition<InputOf<I>, OutputValue<O>>
}

function planOf(settings: AgentSettings): AgentPlan {
  const { name, version, model, input, instructions, stopWhen, context, migrate } = settings
  checkName(name, 'an agent')
  checkSettings(settings)
  if (typeof instructions !== 'function' && instructions !== undefined) instructionsText(instructions, name)
  if (input !== undefined && !isSchema(input)) {
    throw new SkeinError(
      'DEFINITION_INVALID',
      `input of agent "${name}" is not a schema; give a Standard Schema (zod, valibot, arktype, …)`,
    )
  }
  const tools = toolsetOf(settings.tools, name)
  const approvals = approvalsOf(settings.toolApproval, namesOf(tools, 'tool'), namesOf(tools, 'run'), name)
  const approved = [...tools].map(
    ([key, entry]) =>
      [key, entry.kind === 'tool' ? { ...entry, tool: approvals.fixed(key, entry.tool) } : entry] as const,
  )
  const own: Toolset = new Map(approved)
  return {
    name,
    version: version ?? '1',
    model,
    instructions,
    own,
    tools: withHandoffs(own, settings.handoffs, name),
    approvals,
    toolChoice: toolChoiceOf(settings.toolChoice, tools, name),
    sampling: samplingOf(settings),
    output: outputFormatOf(settings.output, name),
    stepsMax: stepsMaxOf(settings),
    stopWhen: stopWhen === undefined ? [] : [stopWhen].flat(),
    whenBusy: settings.whenBusy ?? 'queue',
    isLasting: settings.onIdle === 'wait',
    circles: circleLimitsOf(settings),
    context: contextPlanOf(context, model, name),
    migrate: migrate?.state,
  }
}

/** A list is looked at now, so that its faults show where it is written; a function when the agent first runs. */
function withHandoffs(own: Toolset, handoffs: Handoffs | undefined, name: string): () => Toolset {
  if (handoffs === undefined) return () => own
  let all = typeof handoffs === 'function' ? undefined : joined(own, handoffs, name)
  return () => (all ??= joined(own, typeof handoffs === 'function' ? handoffs() : handoffs, name))
}

function joined(own: Toolset, handoffs: readonly unknown[], name: string): Toolset {
  const all = new Map(own)
  for (const entry of handoffEntries(handoffs, name)) {
    if (all.has(entry.name))
      throw new SkeinError(
        'DEFINITION_INVALID',
        `agent "${name}" has two tools named ${entry.name}; name one of them otherwise`,
      )
    all.set(entry.name, entry)
  }
  return all
}

function namesOf(tools: Toolset, kind: 'tool' | 'run'): ReadonlySet<string> {
  return new Set([...tools].filter(([, entry]) => entry.kind === kind).map(([key]) => key))
}

/** Everything that makes the agent what it is, as text: what its code digest is taken of. */
function sourceOf(plan: AgentPlan, { input, handoffs, whenBusy, onIdle, loopDetection }: AgentSettings): string {
  // Agents that name each other cannot hold each other's source: there it is the function's text that counts.
  const isLate = typeof handoffs === 'function'
  const tools = [...(isLate ? plan.own : plan.tools()).values()].map(entrySource)
  const { output, stepsMax, stopWhen, toolChoice, sampling, context } = plan
  return JSON.stringify({
    model: modelName(plan.model),
    instructions: instructionsSource(plan),
    input: input === undefined ? undefined : inputSource(input, plan.name),
    output: output.kind === 'schema' ? output.request : output.kind,
    tools,
    toolChoice,
    sampling,
    context: context === undefined ? undefined : { ...context, model: modelName(context.model) },
    stepsMax,
    stopWhen: stopWhen.map(String),
    handoffs: isLate ? String(handoffs) : undefined,
    whenBusy,
    onIdle,
    loopDetection,
  })
}

function instructionsSource({ instructions }: AgentPlan): unknown {
  return typeof instructions === 'function' ? String(instructions) : instructions
}

function entrySource(entry: ToolEntry): unknown {
  switch (entry.kind) {
    case 'run':
      return [entry.spec, entry.definition.version, entry.definition.source]
    case 'handoff':
      return [entry.spec, instructionsSource(entry.plan), modelName(entry.plan.model)]
    case 'tool':
      return [entry.spec, entry.tool.version, entry.tool.effect, String(entry.tool.execute)]
  }
}

/** An input schema need not have a JSON Schema: only models need one. */
function inputSource(input: Schema, agentName: string): unknown {
  try {
    return jsonSchemaOf(input, `input of agent "${agentName}"`)
  } catch {
    return 'schema'
  }
}
