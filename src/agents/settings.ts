/** What people write to define an agent: the AI SDK's `ToolLoopAgent` settings, and a name. */
import { SkeinError } from '../std/index.ts'
import { WHEN_BUSY } from '../kernel/index.ts'
import type { InferSchema, ModelRef, ModelRequest, Retention, Sampling, Schema, WhenBusy } from '../kernel/index.ts'
import type { ToolApproval } from './approval.ts'
import type { ContextSettings } from './context/context-settings.ts'
import type { Handoffs } from './hand-off.ts'
import { REPEATS_DEFAULT, REPEATS_MAX, REPEATS_MIN, STEPS_DEFAULT, STEPS_MAX } from './limits.ts'
import type { AgentOutput } from './output.ts'
import type { Instructions } from './prompt.ts'
import type { CircleLimits, LoopDetection } from './repeats.ts'
import type { MigrateState } from './state.ts'
import type { StopCondition } from './steps.ts'
import type { AgentTools, Toolset } from './toolset.ts'

/** Which tool the model must call: the AI SDK's form, or the short one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly type?: 'tool'; readonly toolName: string }

/** Settings of `agent()`; `name` and `model` are all that it needs. */
export type AgentSettings<
  I extends Schema | undefined = Schema | undefined,
  O extends AgentOutput | undefined = AgentOutput | undefined,
> = Sampling & {
  readonly name: string
  /** `provider/model`, an alias, or a model object of any AI SDK provider. */
  readonly model: ModelRef
  /** A text, or a function of the input that makes one; it is called once per run, and recorded. */
  readonly instructions?:
    | Instructions
    | { bivarianceHack(input: InputValue<I>): Instructions | PromiseLike<Instructions> }['bivarianceHack']
  /** Tools, and agents or workflows that are run as tools. */
  readonly tools?: AgentTools
  readonly toolChoice?: ToolChoice
  /** Tools of this agent that a person must approve, beside what the tools ask for themselves. */
  readonly toolApproval?: ToolApproval
  /** Schema of the input. Without it: a text, messages, or any data, which is shown as JSON. */
  readonly input?: I
  /** Type of the answer: a schema, or the AI SDK's `Output`. Without it the value is `{ text }`. */
  readonly output?: O
  /** Model calls with tools before `STEPS_EXCEEDED`; 20, or 1,000 beside `stopWhen`. Repairs of a typed answer are not counted. */
  readonly maxSteps?: number
  /** Ends the agent after a step, with what it has. */
  readonly stopWhen?: StopCondition | readonly StopCondition[]
  /** Agents that this one may hand the conversation over to; a function where they name each other. */
  readonly handoffs?: Handoffs
  /**
   * How it takes messages while it is at work, unless their sender says otherwise: `queue` (default), `steer`, `reject`
   * or `replace`.
   */
  readonly whenBusy?: WhenBusy
  /** `end` (default), or `wait`: after an answer it lives on its mailbox, without memory, and takes up what comes. */
  readonly onIdle?: 'end' | 'wait'
  /** Same call, same outcome: told once after `repeats` times (3), then it ends with `LOOP_DETECTED`. `false` lets it. */
  readonly loopDetection?: LoopDetection
  /**
   * How long the conversation may become before its older part is summarised; off with `false`, and by default
   * three quarters of the model's window where that is known.
   */
  readonly context?: ContextSettings | false
  readonly description?: string
  /** A label for people. */
  readonly version?: string
  /** `adopt` (default): runs go on with the newest code at their next step. `pin`: only with the code they were born with. */
  readonly onUpgrade?: 'adopt' | 'pin'
  /** `state`: called once, recorded, when a run goes on with this code from a snapshot that another `version` wrote. */
  readonly migrate?: { readonly state: MigrateState }
  /** How long what a run was given and gave is kept after its end; default: `retention` of the config, else for ever. */
  readonly retention?: Retention
}

/** What `instructions` is given. */
export type InputValue<I> = I extends Schema ? InferSchema<I> : unknown

const SAMPLING = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'reasoning',
  'seed',
  'stopSequences',
  'providerOptions',
] as const satisfies readonly (keyof Sampling)[]
const KNOWN: ReadonlySet<string> = new Set([
  ...SAMPLING,
  'name',
  'model',
  'instructions',
  'tools',
  'toolChoice',
  'toolApproval',
  'input',
  'output',
  'maxSteps',
  'stopWhen',
  'description',
  'version',
  'onUpgrade',
  'handoffs',
  'whenBusy',
  'onIdle',
  'loopDetection',
  'context',
  'migrate',
])

const ON_THE_MODEL = 'set it where the model is made; calls are retried and timed by Skein'
const ONLY_THESE = 'give it just the tools it should see, in the order it should see them'
const CLOSE_OVER = 'close over it in the tool'
const FOLLOW_THE_RUN =
  'follow the run instead: every step is recorded, and `skein log` and the handle of start() show it'

/** Settings of `ToolLoopAgent` that have no equal, and what to do instead: said, never dropped. */
const MENDS: Readonly<Record<string, string>> = {
  id: 'call it name',
  system: 'call it instructions',
  prompt: 'give it to run(agent, prompt)',
  messages: 'give them to run(agent, { messages })',
  maxRetries: ON_THE_MODEL,
  headers: ON_THE_MODEL,
  timeout: 'set it on the tools; a budget bounds the run',
  activeTools: ONLY_THESE,
  toolOrder: ONLY_THESE,
  toolCallConcurrency: 'set concurrency on the tool',
  runtimeContext: CLOSE_OVER,
  toolsContext: CLOSE_OVER,
  allowSystemInMessages: 'put system text into the instructions',
  prepareStep: 'write a workflow that runs an agent per phase',
  prepareCall: 'make instructions a function of the input',
  callOptionsSchema: 'call it input',
  repairToolCall: 'leave it out: the model is shown what was wrong and calls again',
  telemetry: FOLLOW_THE_RUN,
  abortSignal: 'cancel the run instead',
}

/** The sampling settings, or undefined when there are none. */
export function samplingOf(settings: Sampling): Sampling | undefined {
  const given = SAMPLING.filter((key) => settings[key] !== undefined).map((key) => [key, settings[key]])
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Sampling)
}

/** Throws `DEFINITION_INVALID` for settings that Skein does not have, and for values that cannot be meant. */
export function checkSettings(settings: AgentSettings): void {
  const { name } = settings
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined || KNOWN.has(key)) continue
    const mend = Object.hasOwn(MENDS, key)
      ? MENDS[key]
      : /^(experimental_)?on[A-Z]/.test(key)
        ? FOLLOW_THE_RUN
        : 'leave it out'
    throw bad(name, `has a setting ${key}, which Skein does not have`, mend ?? 'leave it out')
  }
  checkConduct(settings)
  const { model, maxSteps, stopWhen, instructions, onUpgrade, migrate } = settings as {
    readonly [K in keyof AgentSettings]?: unknown
  }
  if (!(typeof model === 'string' ? model.trim() !== '' : isModelObject(model))) {
    throw bad(name, 'has no model', "give model: 'provider/model', or a model object of an AI SDK provider")
  }
  if (
    maxSteps !== undefined &&
    !(Number.isInteger(maxSteps) && Number(maxSteps) >= 1 && Number(maxSteps) <= STEPS_MAX)
  ) {
    throw bad(name, `has maxSteps ${JSON.stringify(maxSteps)}`, `give a whole number from 1 to ${STEPS_MAX}`)
  }
  if (stopWhen !== undefined && ![stopWhen].flat().every((condition) => typeof condition === 'function')) {
    throw bad(name, 'has a stopWhen that is no function', 'give stepCountIs(n) of ai, or a function of { steps }')
  }
  if (instructions !== undefined && !['string', 'object', 'function'].includes(typeof instructions)) {
    throw bad(name, 'has instructions that are no text', 'give a string, or a function of the input that returns one')
  }
  if (migrate !== undefined && !hasState(migrate)) {
    throw bad(name, 'has a migrate without a state function', 'give migrate: { state: (old) => new }')
  }
  if (onUpgrade !== undefined && onUpgrade !== 'adopt' && onUpgrade !== 'pin') {
    throw bad(name, `has onUpgrade ${JSON.stringify(onUpgrade)}`, "give 'adopt' or 'pin'")
  }
}

function checkConduct(settings: AgentSettings): void {
  const { name, whenBusy, onIdle, loopDetection, handoffs } = settings as {
    readonly [K in keyof AgentSettings]?: unknown
  }
  const fault = (what: string, mend: string): SkeinError => bad(String(name), what, mend)
  if (whenBusy !== undefined && !WHEN_BUSY.includes(whenBusy as WhenBusy))
    throw fault(`has whenBusy ${JSON.stringify(whenBusy)}`, `give one of ${WHEN_BUSY.join(', ')}`)
  if (onIdle !== undefined && onIdle !== 'end' && onIdle !== 'wait')
    throw fault(`has onIdle ${JSON.stringify(onIdle)}`, "give 'end' or 'wait'")
  if (handoffs !== undefined && typeof handoffs !== 'function' && !Array.isArray(handoffs))
    throw fault('has handoffs that are no list', 'give a list of agents, or a function that returns one')
  const { repeats } = (typeof loopDetection === 'object' ? (loopDetection ?? {}) : {}) as { readonly repeats?: unknown }
  const isCount = Number.isInteger(repeats) && Number(repeats) >= REPEATS_MIN && Number(repeats) <= REPEATS_MAX
  const isKnown = loopDetection === undefined || loopDetection === false || typeof loopDetection === 'object'
  if (!isKnown || (repeats !== undefined && !isCount))
    throw fault(
      `has loopDetection ${JSON.stringify(loopDetection)}`,
      `give false, or { repeats } with a whole number from ${REPEATS_MIN} to ${REPEATS_MAX}`,
    )
}

/** When an agent goes round in circles. */
export function circleLimitsOf({ loopDetection }: AgentSettings): CircleLimits {
  if (loopDetection === false) return { repeats: Number.POSITIVE_INFINITY, except: [] }
  return { repeats: loopDetection?.repeats ?? REPEATS_DEFAULT, except: loopDetection?.except ?? [] }
}

/** The most steps of an agent; a `stopWhen` is a limit of its own. */
export function stepsMaxOf(settings: AgentSettings): number {
  return settings.maxSteps ?? (settings.stopWhen === undefined ? STEPS_DEFAULT : STEPS_MAX)
}

/** The tool choice in the short form. Throws `DEFINITION_INVALID` for a tool that the agent does not have. */
export function toolChoiceOf(
  choice: ToolChoice | undefined,
  tools: Toolset,
  agentName: string,
): ModelRequest['toolChoice'] {
  if (choice === undefined || choice === 'auto' || choice === 'none') return choice
  const isKnown = choice === 'required' ? tools.size > 0 : typeof choice === 'object' && tools.has(choice.toolName)
  if (!isKnown) {
    throw bad(
      agentName,
      `has a toolChoice ${JSON.stringify(choice)} that it cannot follow`,
      `name one of its tools: ${[...tools.keys()].join(', ') || 'it has none'}`,
    )
  }
  return typeof choice === 'object' ? { toolName: choice.toolName } : choice
}

function hasState(migrate: unknown): boolean {
  return typeof migrate === 'object' && migrate !== null && 'state' in migrate && typeof migrate.state === 'function'
}

function isModelObject(model: unknown): boolean {
  const { provider, modelId } = (typeof model === 'object' && model !== null ? model : {}) as {
    provider?: unknown
    modelId?: unknown
  }
  return typeof provider === 'string' && typeof modelId === 'string'
}

function bad(agentName: string, what: string, mend: string): SkeinError {
  return new SkeinError('DEFINITION_INVALID', `agent "${agentName}" ${what}; ${mend}`)
}
