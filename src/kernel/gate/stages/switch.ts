import { suffixed } from '../../keys/key.ts'
import { holdOfAsk, waitForSwitch } from '../../processes/held.ts'
import { PASS } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Nobody has switched off what is called. */
export const switchedOff: Stage = {
  name: 'switch',
  judge: ({ process, ask }) => {
    const off = holdOfAsk(process, ask)
    return off === undefined ? PASS : { type: 'wait', facts: waitForSwitch(process, suffixed(ask.key, 'switch'), off) }
  },
}
