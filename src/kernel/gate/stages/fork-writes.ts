import { SkeinError } from '../../../std/index.ts'
import { writesOf } from '../../journal/fork.ts'
import type { Forked } from '../../journal/fork.ts'
import { payloadOf } from '../../journal/outcome.ts'
import type { EffectAsk } from '../../effects/ask.ts'
import { PASS } from '../stage.ts'
import type { Stage, Verdict } from '../stage.ts'

/** A fork does not change the world, unless it was told to (rule FK3). */
export const forkWrites: Stage = {
  name: 'fork-writes',
  judge: ({ process, ask }) => {
    const { born } = process.state
    if (ask.class !== 'write' || born === undefined) return PASS
    const writes = writesOf(born)
    if (writes === 'live') return PASS
    return writes === 'stub' ? stubbed(ask, born.fork) : refused(process.pid, ask)
  },
}

/** What the same write came to in the origin, else a value that says what it is. */
function stubbed(ask: EffectAsk, fork: Forked | undefined): Verdict {
  const stub = fork?.stubs?.[ask.key]
  if (stub?.name === ask.name && stub.argsHash === ask.argsHash)
    return { type: 'answer', outcome: stub.outcome, note: `not done: this is the outcome it had in ${fork?.from}` }
  const value = payloadOf({ stub: true, notDone: ask.name })
  return { type: 'answer', outcome: { type: 'ok', value }, note: 'not done: a stub in a fork' }
}

function refused(pid: string, ask: EffectAsk): Verdict {
  const error = new SkeinError(
    'WRITE_IN_FORK',
    `${ask.name} changes the world, and ${pid} is a fork, or runs under one: it was not done; fork with writes "stub" to ` +
      'go on with stand-ins, or "live" to have it done',
  )
  return { type: 'refuse', error }
}
