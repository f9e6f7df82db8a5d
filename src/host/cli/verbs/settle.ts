import { SkeinError } from '../../../std/index.ts'
import { settleEffect } from '../../operate/acts.ts'
import type { PendingOutcome } from '../../operate/acts.ts'
import { BY_FLAG } from '../act.ts'
import { actorName, withActor } from '../folder.ts'
import { readInput } from '../input.ts'
import { jsonLine } from '../json.ts'
import type { Terminal } from '../terminal.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** `skein settle`. */
export const settle: VerbBody = {
  about:
    'By its name, or by the token it waits under. A token is settled once; an answer that comes before its effect waits is kept for it.',
  positionals: [{ name: 'pid/effect or token' }],
  flags: {
    done: { value: 'JSON', help: 'it is done, and this is its value (or @file)' },
    fail: { value: 'TEXT', help: 'it has failed, and why' },
    token: { help: 'what is given is a token, even if it looks like pid/effect' },
    by: BY_FLAG,
  },
  examples: [`skein settle a1/render --done '{"url":"https://…"}'`, `skein settle job-17 --fail 'out of memory'`],
  run: async (typed, terminal) => {
    const outcome = await outcomeOf(typed, terminal)
    const [given = ''] = typed.positionals
    const target = typed.has('token') ? { token: given } : given
    return withActor(typed, terminal, async (engine, { hosted }) => {
      const { result, name } = await settleEffect(engine, target, outcome, actorName(typed))
      if (typed.has('json')) terminal.out(jsonLine({ name, done: result, hosted }))
      else terminal.out(`${WORDS[result]} ${name}\n`)
      return 0
    })
  },
}

const WORDS = {
  queued: 'settled',
  duplicate: 'was settled before:',
  held: 'kept until an effect waits for it:',
} as const

async function outcomeOf(typed: Typed, terminal: Terminal): Promise<PendingOutcome> {
  if (typed.has('done') === typed.has('fail'))
    throw new SkeinError('USAGE', 'skein settle: say how it came out with exactly one of --done JSON, --fail TEXT')
  if (typed.has('fail')) return { fail: typed.text('fail') ?? '' }
  return { done: await readInput(typed.text('done') ?? '', terminal.cwd, '--done') }
}
