/** The tools of an agent: what it may call, what the model is told of each, and what a call becomes. */
import { SkeinError } from '../std/index.ts'
import { isSchema, jsonSchemaOf } from '../kernel/index.ts'
import type { AnyDefinition, AnyTool, Schema, ToolLike, ToolResultPart, ToolSpec } from '../kernel/index.ts'
import type { AgentPlan } from './plan.ts'

/** A tool under a name, or a definition whose run is the tool call. */
export type AgentTool = ToolLike | AnyDefinition
/** By name, as in the AI SDK, or a list of things that have names. */
export type AgentTools = Readonly<Record<string, AgentTool>> | readonly (AgentTool & { readonly name?: string })[]

/** The AI SDK's `toModelOutput`: what the model sees of a tool's value. */
export type ShowHook = (about: {
  toolCallId: string
  input: unknown
  output: unknown
}) => ToolResultPart['output'] | PromiseLike<ToolResultPart['output']>

/** One entry of a toolset. */
export type ToolEntry =
  | {
      readonly kind: 'tool'
      readonly name: string
      readonly tool: AnyTool
      readonly spec: ToolSpec
      readonly show: ShowHook | undefined
    }
  /** `argument`: the member of the call's arguments that is the run's input; the whole of them when undefined. */
  | {
      readonly kind: 'run'
      readonly name: string
      readonly definition: AnyDefinition
      readonly spec: ToolSpec
      readonly argument: string | undefined
    }
  /** A call hands the conversation over. */
  | { readonly kind: 'handoff'; readonly name: string; readonly plan: AgentPlan; readonly spec: ToolSpec }

/** Entries by name, in the author's order. */
export type Toolset = ReadonlyMap<string, ToolEntry>

/** What the providers take as a tool's name. */
const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/

/** The toolset of an agent's `tools`. Throws `DEFINITION_INVALID` or `SCHEMA_UNSUPPORTED`. */
export function toolsetOf(tools: unknown, agentName: string): Toolset {
  const set = new Map<string, ToolEntry>()
  for (const [name, tool] of namedTools(tools, agentName)) {
    if (!TOOL_NAME.test(name)) {
      throw bad(
        agentName,
        `has a tool named ${JSON.stringify(name)}`,
        'models take up to 64 letters, digits, "_" and "-"',
      )
    }
    if (set.has(name)) throw bad(agentName, `has two tools named ${name}`, 'give them as a record with a name for each')
    set.set(name, isDefinition(tool) ? runEntry(name, tool) : toolEntry(name, tool, agentName))
  }
  return set
}

/** What to tell the model when it calls something that is not there. */
export function absentMessage(name: string, tools: Toolset, agentName: string): string {
  const known = tools.size === 0 ? 'it has none' : `its tools are ${[...tools.keys()].join(', ')}`
  return `${name} is not (or no longer) a tool of agent "${agentName}"; ${known}`
}

function namedTools(tools: unknown, agentName: string): readonly (readonly [string, unknown])[] {
  if (tools === undefined) return []
  if (typeof tools !== 'object' || tools === null)
    throw bad(agentName, 'has tools that are neither a record nor a list', 'write tools: { name: tool({ … }) }')
  if (!Array.isArray(tools)) return Object.entries(tools)
  return tools.map((tool: { readonly name?: unknown } | null, i) => {
    const name = tool?.name
    if (typeof name !== 'string')
      throw bad(agentName, `has a tool without a name at tools[${i}]`, 'name it, or give tools as a record')
    return [name, tool] as const
  })
}

function toolEntry(name: string, tool: unknown, agentName: string): ToolEntry {
  const about = `has a tool ${name}`
  if (typeof tool !== 'object' || tool === null || !('inputSchema' in tool)) {
    throw bad(
      agentName,
      `${about} without an inputSchema`,
      'make it with tool({ inputSchema, execute }) of skein or ai',
    )
  }
  const given = tool as AnyTool & {
    readonly type?: unknown
    readonly toModelOutput?: unknown
    readonly description?: unknown
  }
  if (given.type === 'provider')
    throw bad(agentName, `${about} that runs at the provider, outside the gate`, 'use a tool of your own')
  if (typeof given.execute !== 'function')
    throw bad(agentName, `${about} without an execute function`, 'give it one; calls end inside the run here')
  if (given.description !== undefined && typeof given.description !== 'string')
    throw bad(agentName, `${about} whose description is no text`, 'write it as a string')
  const inputSchema = settled(given.inputSchema, `${about} whose inputSchema`, agentName)
  return {
    kind: 'tool',
    name,
    tool: inputSchema === given.inputSchema ? given : { ...given, inputSchema },
    spec: {
      name,
      ...(given.description === undefined ? {} : { description: given.description }),
      inputSchema: jsonSchemaOf(inputSchema, `tool ${name} of agent "${agentName}"`),
    },
    show: typeof given.toModelOutput === 'function' ? (given.toModelOutput.bind(given) as ShowHook) : undefined,
  }
}

/** The AI SDK's schemas may be made on first use, or render their JSON Schema later. */
function settled(schema: unknown, what: string, agentName: string): Schema {
  const made: unknown = typeof schema === 'function' && !isSchema(schema) ? (schema as () => unknown)() : schema
  if (!isSchema(made))
    throw bad(
      agentName,
      `${what} is not a schema`,
      'give a Standard Schema (zod, valibot, arktype, …) or jsonSchema() of ai',
    )
  const rendered: unknown = 'jsonSchema' in made ? made.jsonSchema : undefined
  if (typeof rendered === 'object' && rendered !== null && 'then' in rendered)
    throw bad(agentName, `${what} renders its JSON Schema asynchronously`, 'await it before')
  return made
}

function runEntry(name: string, definition: AnyDefinition): ToolEntry {
  const { inputSchema, argument } = argumentsOf(definition, name)
  const description = definition.description ?? `Runs the ${definition.kind} "${definition.name}" and gives its result.`
  return { kind: 'run', name, definition, argument, spec: { name, description, inputSchema } }
}

/** Models call with an object; what else a definition takes is wrapped as one member of it. */
function argumentsOf(
  definition: AnyDefinition,
  name: string,
): { readonly inputSchema: Record<string, unknown>; readonly argument: string | undefined } {
  const wrapped = (argument: string, schema: Record<string, unknown>) => ({
    inputSchema: {
      type: 'object',
      properties: { [argument]: schema },
      required: [argument],
      additionalProperties: false,
    },
    argument,
  })
  if (definition.input !== undefined) {
    const inputSchema = jsonSchemaOf(
      definition.input,
      `input of ${definition.kind} "${definition.name}" (tool ${name})`,
    )
    return inputSchema['type'] === 'object' ? { inputSchema, argument: undefined } : wrapped('input', inputSchema)
  }
  if (definition.kind === 'workflow') return { inputSchema: { type: 'object' }, argument: undefined }
  return wrapped('prompt', {
    type: 'string',
    description: 'All that it needs to know: it sees nothing else of this conversation.',
  })
}

function isDefinition(value: unknown): value is AnyDefinition {
  const kind = typeof value === 'object' && value !== null ? (value as { readonly kind?: unknown }).kind : undefined
  return kind === 'agent' || kind === 'workflow'
}

function bad(agentName: string, what: string, mend: string): SkeinError {
  return new SkeinError('DEFINITION_INVALID', `agent "${agentName}" ${what}; ${mend}`)
}
