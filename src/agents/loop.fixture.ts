/** For the tests of this room: the smallest kernel that can run an agent, and models that follow a script. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { decode, encode, errorData, SkeinError, toSkeinError } from '../std/index.ts'
import type {
  AgentDefinition,
  ModelAnswer,
  ReducerAsk,
  ReducerOutcome,
  ReducerStep,
  ToolCallPart,
} from '../kernel/index.ts'
import { agent } from './agent.ts'
import type { AgentSettings } from './settings.ts'

/** What an ask is, as data that can be compared. */
export type Seen = {
  readonly slot: string
  readonly type: ReducerAsk['type']
  readonly name?: string
  readonly input?: unknown
  readonly contentHash?: string
  /** As text, taken when it was asked. */
  readonly messages?: string
  readonly extra?: unknown
  readonly args?: unknown
}

/** What happened in one run. */
export type Drive = {
  readonly seen: Seen[]
  readonly log: (readonly [slot: string, outcome: ReducerOutcome])[]
  /** The message lists that model calls were given, by identity. */
  readonly lists: Set<unknown>
  /** What was kept of the agent where it was left. */
  readonly states: unknown[]
  end: ReducerOutcome | undefined
}

/** How asks are performed, beside what performs them. */
export type Driving = {
  readonly hashing?: (text: string) => string
  /** Whether the agent is left at this snapshot, and made anew from its state. */
  readonly isLeft?: (isDue: boolean) => boolean
}

/** SHA-256, as a host has it. */
export const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** An agent named helper. */
export function make(settings: Partial<AgentSettings>): AgentDefinition {
  return agent({ name: 'helper', model: 'offline', ...settings })
}

/** An answer of text. */
export function says(text: string, more: Partial<ModelAnswer> = {}): ModelAnswer {
  const content = text === '' ? [] : [{ type: 'text' as const, text }]
  return { content, finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 5 }, ...more }
}

/** A call as a model writes it. */
export function call(toolName: string, input: unknown = {}, toolCallId = `c-${toolName}`): ToolCallPart {
  return { type: 'tool-call', toolCallId, toolName, input }
}

/** An answer of calls. */
export function calls(...content: ToolCallPart[]): ModelAnswer {
  return says('', { content, finishReason: 'tool-calls' })
}

/** A tool that works. */
export const echo = {
  description: 'Echoes.',
  inputSchema: z.object({ text: z.string() }),
  execute: ({ text }: { text: string }) => text.toUpperCase(),
}

/** A tool that fails. */
export const broken = {
  inputSchema: z.object({}),
  execute: (): string => {
    throw new SkeinError('EXEC_FAILED', 'exit 3')
  },
}

/** An agent to be called. */
export const sub = agent({ name: 'sub', model: 'offline', description: 'Helps.' })

/** A model that says these things one after the other, and tools that run. */
export function script(...answers: readonly (ModelAnswer | SkeinError)[]): (ask: ReducerAsk) => unknown {
  let next = 0
  return (ask) => {
    switch (ask.type) {
      case 'model': {
        const answer = answers[next++] ?? says('(the script is over)')
        if (answer instanceof SkeinError) throw answer
        return answer
      }
      case 'tool':
        return ask.tool.execute?.(ask.input, { toolCallId: ask.toolCallId, messages: ask.messages })
      case 'run':
        return { text: `${ask.definition.name} ran ${JSON.stringify(ask.input)}` }
      case 'absent':
        throw new SkeinError('TOOL_GONE', ask.message)
      case 'hook':
        return ask.fn()
      case 'receive':
      case 'send':
      case 'drop':
        throw new Error(`a script does not ${ask.type}`)
    }
  }
}

/** Performs asks one at a time, in an order that `pick` chooses, and delivers fresh values. */
export async function drive(
  definition: AgentDefinition,
  input: unknown,
  perform: (ask: ReducerAsk) => unknown,
  pick: (open: number) => number = () => 0,
  { hashing = hash, isLeft = () => false }: Driving = {},
): Promise<Drive> {
  let instance = definition.reducer({ input: fresh(input), pid: 'p', hash: hashing })
  const open: ReducerAsk[] = []
  const run: Drive = { seen: [], log: [], lists: new Set(), states: [], end: undefined }
  const take = (step: ReducerStep): void => {
    if (step.snapshot !== undefined && isLeft(step.snapshot.isDue)) {
      const state = fresh(step.snapshot.state())
      run.states.push(state)
      instance = definition.reducer({ input: fresh(input), state, pid: 'p', hash: hashing })
      const begun = instance.begin()
      return take(begun.snapshot === undefined ? begun : { asks: begun.asks })
    }
    for (const ask of step.asks) {
      // Nobody writes to an agent here: it hears nothing, and that costs nothing.
      if (ask.type === 'receive') continue
      run.seen.push(look(ask))
      if (ask.type === 'model') run.lists.add(ask.request.messages)
      open.push(ask)
    }
    run.end = step.end
  }
  take(instance.begin())
  while (run.end === undefined) {
    const [ask] = open.splice(pick(open.length), 1)
    if (ask === undefined) throw new Error('the agent asks for nothing and has not ended')
    const outcome = await outcomeOf(() => perform(ask))
    run.log.push([ask.slot, outcome])
    take(instance.on(ask.slot, fresh(outcome)))
  }
  return run
}

/** Feeds recorded outcomes to a fresh instance; nothing is performed. */
export function replay(definition: AgentDefinition, input: unknown, log: Drive['log']): Pick<Drive, 'seen' | 'end'> {
  const instance = definition.reducer({ input: fresh(input), pid: 'p', hash })
  let step = instance.begin()
  const seenOf = ({ asks }: ReducerStep): Seen[] => asks.filter((ask) => ask.type !== 'receive').map(look)
  const seen = seenOf(step)
  for (const [slot, outcome] of log) {
    step = instance.on(slot, fresh(outcome))
    seen.push(...seenOf(step))
  }
  return { seen, end: step.end }
}

/** The conversation that the last model call was given. */
export function lastMessages(run: Drive): { role: string; content: unknown }[] {
  const last = run.seen.filter((seen) => seen.type === 'model').at(-1)
  return decode(last?.messages ?? '[]') as { role: string; content: unknown }[]
}

/** The last tool results that the model was shown. */
export function lastResults(run: Drive): { toolCallId: string; output: { value: string } }[] {
  const message = lastMessages(run).findLast(({ role }) => role === 'tool')
  return (message?.content ?? []) as { toolCallId: string; output: { value: string } }[]
}

/** The value of a run, or its failed outcome, for a test to show. */
export const valueOf = (run: Drive): unknown => (run.end?.ok === true ? run.end.value : run.end)

/** The error of a run, or its value. */
export const errorOf = (run: Drive): unknown => (run.end?.ok === false ? run.end.error : run.end)

function look(ask: ReducerAsk): Seen {
  const { slot, type } = ask
  switch (type) {
    case 'model': {
      const { messages, ...extra } = ask.request
      const { contentHash, args } = ask
      return { slot, type, contentHash, messages: encode(messages), extra, args }
    }
    case 'tool':
      return { slot, type, name: ask.name, input: ask.input, messages: encode(ask.messages), extra: ask.toolCallId }
    case 'run':
      return { slot, type, name: ask.definition.name, input: ask.input }
    case 'absent':
      return { slot, type, name: ask.name, extra: ask.message }
    case 'hook':
      return { slot, type, name: ask.name }
    case 'receive':
      return { slot, type, extra: ask.pattern }
    case 'send':
      return { slot, type, name: ask.to, input: ask.body }
    case 'drop':
      return { slot, type, extra: ask.slots }
  }
}

async function outcomeOf(perform: () => unknown): Promise<ReducerOutcome> {
  try {
    return { ok: true, value: fresh(await perform()) }
  } catch (thrown) {
    return { ok: false, error: errorData(toSkeinError(thrown)) }
  }
}

function fresh<T>(value: T): T {
  return decode(encode(value)) as T
}
