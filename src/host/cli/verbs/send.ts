import { sendMessage } from '../../operate/acts.ts'
import { actOn } from '../act.ts'
import { readInput } from '../input.ts'
import type { Verb } from '../verb.ts'

/** `skein send`. */
export const send: Verb = {
  name: 'send',
  summary: 'put a message into the mailbox of a process',
  positionals: [{ name: 'pid' }, { name: 'json or @file' }],
  flags: {
    topic: { value: 'TOPIC', help: 'what the receiver may filter by' },
    type: { value: 'TYPE', help: 'likewise' },
    id: { value: 'ID', help: 'makes a repeated send harmless' },
  },
  examples: [`skein send a1 '{"stop":true}' --topic control`, 'skein send a1 @order.json --id order-7'],
  run: async (typed, terminal) => {
    const body = await readInput(typed.positionals[1] ?? '', terminal.cwd, 'the message')
    const letter = { body, topic: typed.text('topic'), type: typed.text('type'), id: typed.text('id') }
    return actOn(typed, terminal, 'sent to', async (engine) => {
      const { pid, result } = await sendMessage(engine, typed.positionals[0] ?? '', letter)
      return { pid, note: result === 'duplicate' ? 'it was there already' : undefined }
    })
  },
}
