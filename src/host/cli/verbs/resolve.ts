import { SkeinError } from '../../../std/index.ts'
import { resolveEffect } from '../../operate/acts.ts'
import type { Resolution } from '../../operate/acts.ts'
import { needing, resolveTarget } from '../../operate/bulk.ts'
import { actOn, BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName } from '../folder.ts'
import { readInput } from '../input.ts'
import type { Terminal } from '../terminal.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** `skein resolve`. */
export const resolve: VerbBody = {
  about: `Look at the far side first. Exactly one of --done, --again and --fail.\n\n${FILTER_HELP}`,
  positionals: [{ name: 'pid/effect', optional: true }],
  flags: {
    done: { value: 'JSON', help: 'it was done, and this is its value (or @file)' },
    again: { help: 'it was not done: do it again under the same key' },
    fail: { help: 'treat it as failed' },
    reason: { value: 'TEXT', help: 'with --fail: why, told to the process' },
    attempt: { value: 'N', help: 'the attempt you have looked for; refused when a later one is in doubt by now' },
    by: BY_FLAG,
    ...MANY_FLAGS,
  },
  examples: [
    `skein resolve a1/publish --done '{"url":"https://…"}'`,
    'skein resolve a1/publish --again --attempt 1',
    'skein resolve a1/publish --fail',
    'skein resolve --where effect=mail,waits=operator --fail',
  ],
  run: async (typed, terminal) => {
    const resolution = await resolutionOf(typed, terminal)
    if (areMany(typed, 'resolve'))
      return actOnMany(typed, terminal, {
        verb: 'resolve',
        done: 'resolved',
        pick: needing('operator'),
        isTree: false,
        act: (engine, target) => resolveTarget(engine, target, resolution, actorName(typed)),
      })
    return actOn(typed, terminal, 'resolved', (engine) =>
      resolveEffect(engine, typed.positionals[0] ?? '', resolution, actorName(typed)),
    )
  },
}

async function resolutionOf(typed: Typed, terminal: Terminal): Promise<Resolution> {
  const given = ['done', 'again', 'fail'].filter((flag) => typed.has(flag))
  if (given.length !== 1)
    throw new SkeinError(
      'USAGE',
      'skein resolve: say what became of it with exactly one of --done JSON, --again, --fail',
    )
  const attempt = typed.wholeNumber('attempt', 1)
  const about = attempt === undefined ? {} : { attempt }
  if (typed.has('done')) return { done: await readInput(typed.text('done') ?? '', terminal.cwd, '--done'), ...about }
  return typed.has('again') ? { again: true, ...about } : { fail: typed.text('reason') ?? 'no reason given', ...about }
}
