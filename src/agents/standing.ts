/**
 * Where an agent stands: all that it knows between two steps, and nothing that is open. What a snapshot holds is made of
 * this, and this of a snapshot (rule A3).
 *
 * Invariants:
 * 1. `state` and then `takeUp` in another instance give the same standing, but for what is the code's: prompt, tools, model.
 */
import type { ModelRequest, ShownTexts } from '../kernel/index.ts'
import { ContextKeeper } from './context/context-keeper.ts'
import { Conversation } from './conversation.ts'
import { heirOf } from './hand-off.ts'
import { Opening } from './opening.ts'
import { requestOf } from './plan.ts'
import type { AgentPlan } from './plan.ts'
import { messagesOf, taskAtOf } from './prompt.ts'
import { Repeats } from './repeats.ts'
import { shownTextsOf } from './shown-texts.ts'
import { STATE_SCHEMA } from './state.ts'
import type { AgentState } from './state.ts'
import type { AgentStep } from './steps.ts'
import { Turn } from './turn.ts'

/** The standing of one agent. */
export class Standing {
  /** Of the agent that was started. */
  readonly root: AgentPlan
  /** Of the agent that has the conversation now: a hand-off changes it. */
  plan: AgentPlan
  readonly input: unknown
  readonly conversation: Conversation
  readonly context: ContextKeeper
  readonly repeats: Repeats
  turn: Turn
  /** Number of the last step that was asked for. */
  n = 0
  /** Kept for `stopWhen` only. */
  steps: AgentStep[] = []
  /** After this turn it ends, whoever else has written. */
  isLast = false
  request: Omit<ModelRequest, 'messages'>
  shown: ShownTexts = {}
  opening: Opening
  readonly #hash: (text: string) => string

  constructor(plan: AgentPlan, input: unknown, hash: (text: string) => string) {
    this.root = plan
    this.plan = plan
    this.input = input
    this.#hash = hash
    this.conversation = new Conversation(hash)
    this.context = new ContextKeeper(this.conversation, hash)
    this.repeats = new Repeats(plan.circles, hash)
    this.turn = new Turn(this.conversation.mark, 0)
    this.request = requestOf(plan)
    this.opening = new Opening(plan, input)
  }

  /** Gives the conversation to an agent; what its author's functions say of it is still to be asked. */
  handTo(plan: AgentPlan, known?: AgentState): void {
    this.plan = plan
    this.request = requestOf(plan)
    this.opening = new Opening(plan, this.input, known)
  }

  /** Its author's functions have said what they say: the conversation is under its instructions. */
  instruct(): void {
    const { text, format } = this.opening
    if (format !== undefined && format !== null) this.request = { ...this.request, output: format }
    this.conversation.instruct(text)
    this.shown = shownTextsOf(text, this.plan.tools(), this.#hash)
    this.context.use(this.plan.context, this.request)
  }

  /** The first messages of all. */
  begin(): void {
    const messages = messagesOf(this.input, this.plan.name)
    this.startTurn()
    for (const message of messages) this.conversation.add(message)
    this.context.taskAt = taskAtOf(messages)
  }

  /** What joins from here on is another request. */
  startTurn(): void {
    this.turn = new Turn(this.conversation.mark, this.n)
    this.steps = []
  }

  /** Who had the conversation, and how far it had come: what instructions depend on. */
  prepare(state: AgentState): void {
    this.n = state.steps
    this.handTo(heirOf(this.root, state.agent), state)
  }

  /** All that was left, behind the instructions. */
  takeUp({ messages, taskAt, turn, repeats, counted, history = [], isLast = false }: AgentState): void {
    this.turn = new Turn(this.conversation.replaceAfterSystem(messages, turn.from), turn.firstStep)
    this.turn.restore(turn)
    if (repeats !== undefined) this.repeats.restore(repeats)
    this.context.taskAt = taskAt
    this.context.use(this.plan.context, this.request, counted)
    this.steps = [...history]
    this.isLast = isLast
  }

  /** As it was before step `n` was asked for. */
  get state(): AgentState {
    const { system, format } = this.opening
    const { counted, taskAt } = this.context
    const { messages, systemMessages } = this.conversation
    return {
      schema: STATE_SCHEMA,
      version: this.root.version,
      steps: this.n - 1,
      messages: messages.slice(systemMessages),
      taskAt,
      turn: this.turn.data(systemMessages),
      repeats: this.repeats.data,
      ...(this.isLast ? { isLast: true } : {}),
      ...(this.plan === this.root ? {} : { agent: this.plan.name }),
      ...(system === undefined ? {} : { system }),
      ...(format === undefined ? {} : { format }),
      ...(counted === undefined ? {} : { counted }),
      ...(this.plan.stopWhen.length === 0 ? {} : { history: this.steps }),
    }
  }
}
