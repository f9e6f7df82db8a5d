import type { WhenBusy } from '../../../kernel/index.ts'
import { sendMessage } from '../../operate/acts.ts'
import { actOn } from '../act.ts'
import { readMessage } from '../input.ts'
import type { VerbBody } from '../verb.ts'

/** `skein send`. */
export const send: VerbBody = {
  positionals: [{ name: 'pid' }, { name: 'text, json or @file' }],
  flags: {
    'when-busy': {
      value: 'HOW',
      help: 'an agent at work should: steer (hear it now) | queue (next) | reject | replace (do this instead)',
    },
    last: { help: 'an agent that lives on its mailbox ends after this message' },
    topic: { value: 'TOPIC', help: 'what the receiver may filter by' },
    type: { value: 'TYPE', help: 'likewise' },
    id: { value: 'ID', help: 'makes a repeated send harmless' },
  },
  examples: [
    `skein send a1 'stop, look at the tests first' --when-busy steer`,
    `skein send a1 '{"stop":true}' --topic control`,
    'skein send a1 @order.json --id order-7',
  ],
  run: async (typed, terminal) => {
    const body = await readMessage(typed.positionals[1] ?? '', terminal.cwd)
    const about = { topic: typed.text('topic'), type: typed.text('type'), id: typed.text('id') }
    const whenBusy = typed.text('when-busy') as WhenBusy | undefined
    const letter = { body, ...about, whenBusy, last: typed.has('last') }
    return actOn(typed, terminal, 'sent to', async (engine) => {
      const { pid, result } = await sendMessage(engine, typed.positionals[0] ?? '', letter)
      return { pid, note: result === 'duplicate' ? 'it was there already' : undefined }
    })
  },
}
