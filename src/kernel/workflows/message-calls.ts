/** `ctx.send`, `ctx.call`, `ctx.reply`: messages to other processes. */
import { asPid, errorFromData, limits, SkeinError } from '../../std/index.ts'
import type { Duration, EffectKey, Pid } from '../../std/index.ts'
import { payloadOf } from '../journal/outcome.ts'
import { REPLY_TOPIC } from '../messages/pattern.ts'
import { addressOf } from '../messages/when-busy.ts'
import type { Address } from '../messages/when-busy.ts'
import type { Process } from '../processes/process.ts'
import { handled } from './asker.ts'
import type { Asker } from './asker.ts'
import type { ReceivedMessage, ReceiveOptions } from './context.ts'

type Receive = (options: ReceiveOptions) => Promise<ReceivedMessage>

/** The calls of one scope that concern messages. */
export class MessageCalls {
  readonly #process: Process
  readonly #asker: Asker
  readonly #receive: Receive

  constructor(process: Process, asker: Asker, receive: Receive) {
    this.#process = process
    this.#asker = asker
    this.#receive = receive
  }

  async send(to: Pid | string, body: unknown, options: Address = {}): Promise<void> {
    await this.#send(to, body, addressOf(options), false).sent
  }

  call(to: Pid | string, body: unknown, options: Address & { readonly timeout?: Duration } = {}): Promise<unknown> {
    const { timeout, ...about } = options
    const { sent, key } = this.#send(to, body, addressOf(about), true)
    const answer = async (): Promise<unknown> => {
      await sent
      const message = await this.#receive({
        topic: REPLY_TOPIC,
        type: this.#process.effectId(key),
        ...(timeout === undefined ? {} : { timeout }),
      })
      if (message.failed !== undefined) throw errorFromData(message.failed)
      return message.body
    }
    return handled(answer())
  }

  async reply(message: ReceivedMessage, body: unknown): Promise<void> {
    if (message.replyTo === undefined)
      throw new SkeinError(
        'MESSAGE_INVALID',
        `message ${message.id} expects no answer; only messages sent with ctx.call do`,
      )
    await this.#send(message.replyTo.pid, body, { topic: REPLY_TOPIC, type: message.replyTo.id }, false).sent
  }

  #send(
    to: Pid | string,
    body: unknown,
    about: { readonly topic?: string; readonly type?: string },
    expectsReply: boolean,
  ): { readonly sent: Promise<unknown>; readonly key: EffectKey } {
    const payload = payloadOf(body, 'ARGS_NOT_DATA')
    if (payload.text.length > limits.MESSAGE_BYTES_MAX)
      throw new SkeinError(
        'VALUE_TOO_LARGE',
        `a message of ${payload.text.length} characters exceeds ${limits.MESSAGE_BYTES_MAX}; write it to a file and send its name`,
      )
    let asked = '' as EffectKey
    const sent = this.#asker.ask('send', '', undefined, { to: String(to), body, ...about }, (key) => {
      asked = key
      return { op: 'send', to: asPid(String(to)), body: payload, ...about, expectsReply }
    })
    return { sent, key: asked }
  }
}
