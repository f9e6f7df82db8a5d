/**
 * How a sender wants a message to be taken by an agent that is at work. It is the message's topic, one of Skein's own,
 * so that a pattern tells such messages apart without opening them.
 */
import { SkeinError } from '../../std/index.ts'
import { RESERVED_TOPIC_PREFIX } from './pattern.ts'

/**
 * `steer`: heard at once, joins the conversation · `queue`: the next turn, after the present answer · `reject`: refused
 * while the agent is at work · `replace`: the present work is given up for it.
 */
export type WhenBusy = 'steer' | 'queue' | 'reject' | 'replace'

/** All of them, for a check of what people write. */
export const WHEN_BUSY: readonly WhenBusy[] = ['steer', 'queue', 'reject', 'replace']

/** The type of a message after which an agent that lives on its mailbox comes to its end. */
export const LAST_TYPE = 'skein.last'

/** The topic of messages to be taken like this. */
export function busyTopic(how: WhenBusy): string {
  return `${RESERVED_TOPIC_PREFIX}${how}`
}

/** What a topic says of how its message is to be taken, if it says that. */
export function busyOf(topic: string | undefined): WhenBusy | undefined {
  return WHEN_BUSY.find((how) => busyTopic(how) === topic)
}

/** How a sender may say what a message is. */
export type Address = {
  readonly topic?: string | undefined
  readonly type?: string | undefined
  readonly whenBusy?: WhenBusy | undefined
  readonly last?: boolean | undefined
}

/** The topic and the type of a message. Throws `MESSAGE_INVALID` for what cannot be meant. */
export function addressOf({ topic, type, whenBusy, last }: Address): {
  readonly topic?: string
  readonly type?: string
} {
  if (whenBusy !== undefined && !WHEN_BUSY.includes(whenBusy))
    throw new SkeinError('MESSAGE_INVALID', `whenBusy ${JSON.stringify(whenBusy)} is none of ${WHEN_BUSY.join(', ')}`)
  if ((whenBusy !== undefined && topic !== undefined) || (last === true && type !== undefined))
    throw new SkeinError(
      'MESSAGE_INVALID',
      'whenBusy and last are for agents, which look at no topic and type; leave one or the other out',
    )
  const about = { topic: whenBusy === undefined ? topic : busyTopic(whenBusy), type: last === true ? LAST_TYPE : type }
  return {
    ...(about.topic === undefined ? {} : { topic: about.topic }),
    ...(about.type === undefined ? {} : { type: about.type }),
  }
}
