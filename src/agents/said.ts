/**
 * What was said to an agent and what it must be told, on its way into the conversation.
 *
 * Invariants:
 * 1. Everything joins once, in the order in which it was heard; results that came late stand before what people say.
 * 2. Nothing joins but by `joinTo`, between two steps.
 */
import type { Conversation } from './conversation.ts'
import { LateResults } from './late-results.ts'
import type { Heard } from './mail.ts'
import type { AgentPlan } from './plan.ts'
import { messagesOf } from './prompt.ts'
import type { Caller, Turn } from './turn.ts'

/** What has come about: whether somebody has spoken, and whose request was given up for another. */
export type Joined = {
  readonly hasSpoken: boolean
  readonly isReplaced: boolean
  readonly withdrawn: readonly Caller[]
}

/** Words that wait for the next model call. */
export class Said {
  readonly late = new LateResults()
  readonly #heard: Heard[] = []
  readonly #notes: string[] = []

  /** Whether somebody has spoken since the last model call. */
  get isAnything(): boolean {
    return this.#heard.length > 0
  }

  hear(heard: Heard): void {
    this.#heard.push(heard)
  }

  /** A word of the runtime to the model. */
  note(text: string): void {
    this.#notes.push(text)
  }

  joinTo(
    conversation: Conversation,
    turn: Turn,
    { plan, n }: { readonly plan: AgentPlan; readonly n: number },
  ): Joined {
    const heard = this.#heard.splice(0)
    const withdrawn: Caller[] = []
    const late = this.late.take()
    const notes = [...late, ...this.#notes.splice(0)]
    turn.tell(late)
    if (notes.length > 0) conversation.addText(notes.join('\n\n'))
    for (const { how, body, replyTo } of heard) {
      if (how === 'replace') {
        withdrawn.push(...turn.callers.splice(0))
        turn.withdraw(conversation, plan.tools())
      }
      for (const message of messagesOf(body, plan.name)) conversation.add(message)
      if (replyTo !== undefined) turn.callers.push(replyTo)
      turn.goOn(n)
    }
    return { hasSpoken: heard.length > 0, isReplaced: heard.some(({ how }) => how === 'replace'), withdrawn }
  }

  /** Who waits for an answer to what never joined. */
  callers(): readonly Caller[] {
    return this.#heard.splice(0).flatMap(({ replyTo }) => replyTo ?? [])
  }
}
