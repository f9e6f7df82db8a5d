/** The turn of an agent: what it was last asked for, and who waits for the answer. */
import type { ReceivedMessage } from '../kernel/index.ts'
import type { Conversation, Mark } from './conversation.ts'
import type { Toolset } from './toolset.ts'
import { withdrawnNote } from './withdrawn.ts'

/** Where an answer goes. */
export type Caller = NonNullable<ReceivedMessage['replyTo']>

/** A turn as data. */
export type TurnData = {
  /** Messages of the conversation before it, the system message apart. */
  readonly from: number
  readonly told: readonly string[]
  readonly callers: readonly Caller[]
  readonly repairs: number
  readonly firstStep: number
}

/**
 * One request and the work on it.
 *
 * Invariants:
 * 1. What a model was told of writes is told again when the words it stood in are taken back.
 */
export class Turn {
  #mark: Mark
  /** What it was told, since the mark, of writes that came late. */
  #told: string[] = []
  readonly callers: Caller[] = []
  repairs = 0
  #firstStep: number

  constructor(mark: Mark, n: number) {
    this.#mark = mark
    this.#firstStep = n
  }

  /** `systemMessages`: how many of the conversation's messages are not counted. */
  data(systemMessages: number): TurnData {
    const { callers, repairs } = this
    const from = this.#mark.length - systemMessages
    return { from, told: this.#told, callers: [...callers], repairs, firstStep: this.#firstStep }
  }

  /** Takes up what an earlier instance knew. */
  restore({ told, callers, repairs, firstStep }: TurnData): void {
    this.#told = [...told]
    this.callers.push(...callers)
    this.repairs = repairs
    this.#firstStep = firstStep
  }

  /** The conversation has become another: what is before this place stays when the request is taken back. */
  moveTo(mark: Mark): void {
    this.#mark = mark
  }

  tell(texts: readonly string[]): void {
    this.#told.push(...texts)
  }

  /** Takes the request back: the conversation goes on where it began, with a note on what was done for it. */
  withdraw(conversation: Conversation, tools: Toolset): void {
    const note = withdrawnNote(conversation.cutTo(this.#mark), tools)
    const texts = [...(note === undefined ? [] : [note]), ...this.#told]
    if (texts.length > 0) conversation.addText(texts.join('\n\n'))
    this.#mark = conversation.mark
    this.#told = []
  }

  /** Steps since somebody last spoke, repairs left out. */
  steps(n: number): number {
    return n - this.#firstStep - this.repairs
  }

  /** Somebody has spoken: what follows is a new piece of work. */
  goOn(n: number): void {
    this.#firstStep = n
    this.repairs = 0
  }
}
