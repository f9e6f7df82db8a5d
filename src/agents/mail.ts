/**
 * The mail of an agent: which messages it hears while it is at work, which it refuses, which it takes up as its next turn.
 *
 * Invariants:
 * 1. The three receives never fit the same message: what one hears, the others do not.
 * 2. What is to wait for its turn stays in the mailbox, unconsumed, until the agent is idle.
 */
import { busyOf, busyTopic, LAST_TYPE, WHEN_BUSY } from '../kernel/index.ts'
import type { ReceivedMessage, ReducerAsk, Schema, WhenBusy } from '../kernel/index.ts'
import { messagesOf } from './prompt.ts'

/** What is not one of Skein's own topics, and no topic at all. */
const PLAIN = '*'

/** `hear`: while it works · `refuse`: what it will not take now · `next`: while it is idle. */
export type MailSlot = 'hear' | 'refuse' | 'next'

/** A message as the agent takes it. */
export type Heard = {
  readonly how: WhenBusy
  /** Undefined where the sender had nothing to say. */
  readonly body: unknown
  readonly isLast: boolean
  readonly replyTo: ReceivedMessage['replyTo']
}

/** The receives of one agent. */
export class Mail {
  readonly #whenBusy: WhenBusy
  readonly #topics: Readonly<Record<MailSlot, readonly string[]>>
  readonly #schemas: { readonly heard: Schema; readonly refused: Schema }
  readonly #slots = new Map<MailSlot, string>()
  #n = 0

  constructor(whenBusy: WhenBusy, agentName: string) {
    this.#whenBusy = whenBusy
    this.#topics = {
      hear: topicsOf(['steer', 'replace'], whenBusy),
      refuse: topicsOf(['reject'], whenBusy),
      next: topicsOf(['queue', 'reject'], whenBusy === 'reject' ? 'reject' : whenBusy),
    }
    this.#schemas = { heard: hearable(agentName), refused: REFUSING }
  }

  /** The slot under which this kind of mail is waited for now. */
  open(which: MailSlot): string | undefined {
    return this.#slots.get(which)
  }

  /** A receive for the next message of this kind; not `aside`: it waits for nothing else. */
  ask(which: MailSlot, aside = true): ReducerAsk & { readonly type: 'receive' } {
    this.#n += 1
    const slot = `m${this.#n}/${which}`
    this.#slots.set(which, slot)
    const schema = which === 'refuse' ? this.#schemas.refused : this.#schemas.heard
    return { type: 'receive', slot, pattern: { topics: this.#topics[which] }, schema, aside }
  }

  /** Answered, or let go of. */
  close(which: MailSlot): void {
    this.#slots.delete(which)
  }

  read(value: unknown): Heard {
    const { topic, type, body, replyTo } = value as ReceivedMessage
    return { how: busyOf(topic) ?? this.#whenBusy, body: body ?? undefined, isLast: type === LAST_TYPE, replyTo }
  }
}

function topicsOf(policies: readonly WhenBusy[], whenBusy: WhenBusy): readonly string[] {
  const own = WHEN_BUSY.filter((how) => policies.includes(how)).map(busyTopic)
  return policies.includes(whenBusy) ? [PLAIN, ...own] : own
}

/** A message that can join a conversation: a text, user messages, or data. */
function hearable(agentName: string): Schema {
  return schemaOf((body) => {
    if (body === undefined || body === null) return undefined
    const other = messagesOf(body, agentName).find(({ role }) => role !== 'user')
    return other === undefined ? undefined : `a message of role ${other.role} cannot be said to an agent`
  })
}

const REFUSING = schemaOf(() => 'the agent is at work and takes no messages now; send it again when it is idle')

function schemaOf(complaintOf: (body: unknown) => string | undefined): Schema {
  const validate = (value: unknown): { readonly value: unknown } | { readonly issues: { message: string }[] } => {
    try {
      const message = complaintOf(value)
      return message === undefined ? { value } : { issues: [{ message }] }
    } catch (thrown) {
      return { issues: [{ message: thrown instanceof Error ? thrown.message : String(thrown) }] }
    }
  }
  return { '~standard': { version: 1, vendor: 'skein', validate } }
}
