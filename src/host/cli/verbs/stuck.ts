import { SkeinError } from '../../../std/index.ts'
import { STUCK_TIMES_DEFAULT } from '../../limits.ts'
import { findStuck } from '../../operate/stuck.ts'
import { parseFilter } from '../../views/filter.ts'
import type { Stuck } from '../../views/stuck.ts'
import { elapsedWords } from '../../words/amounts.ts'
import { shortPid } from '../../words/pid.ts'
import { FILTER_HELP } from '../bulk.ts'
import { ownerAnswers, shownCommand, withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import { textOf } from '../table.ts'
import { tellUnread } from '../unread.ts'
import type { VerbBody } from '../verb.ts'

/** `skein stuck`. */
export const stuck: VerbBody = {
  about:
    `Stuck: no fact for N times the time-out of the effect in flight; nothing in flight or waited for, and not moving; or waiting\n` +
    `for what cannot come. What waits for a person is not stuck: skein inbox.\n\n${FILTER_HELP}`,
  positionals: [],
  flags: {
    times: { value: 'N', help: `how many times the time-out is too long (default ${STUCK_TIMES_DEFAULT})` },
    where: { value: 'FILTER', help: 'only what fits' },
  },
  examples: ['skein stuck', 'skein stuck --json || page-somebody', 'skein stuck --where agent=helper --times 10'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const where = typed.text('where')
      const filter = where === undefined ? undefined : parseFilter(where)
      const found = await findStuck(reader, {
        isHosted: reader.isHosted(),
        isOnWorkers: reader.isOnWorkers,
        command: shownCommand(typed),
        isAnswering: await ownerAnswers(typed, terminal),
        times: timesOf(typed.text('times')),
        ...(filter === undefined ? {} : { fits: (member) => filter.matches(member, Date.now()) }),
      })
      if (typed.has('json')) terminal.out(jsonLine(found))
      else if (found.length === 0) terminal.out('nothing is stuck\n')
      else for (const one of found) if (one.unread === undefined) terminal.out(textOf(stuckLines(one)))
      const unread = found.flatMap((one) => (one.unread === undefined ? [] : [{ ...one, unread: one.unread }]))
      tellUnread(unread, typed, terminal)
      return found.length === 0 ? 0 : 1
    }),
}

/** What is stuck, why, and what mends it. */
export function stuckLines({ pid, definition, cause, why, mend, forMs }: Stuck): readonly string[] {
  return [
    `${shortPid(pid)}  ${definition}  STUCK ${cause} for ${elapsedWords(forMs)}: ${why}`,
    ...mend.map((line) => `    ${line}`),
  ]
}

function timesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const times = Number(text)
  if (Number.isFinite(times) && times > 0) return times
  throw new SkeinError('USAGE', `--times ${text} is not a number above 0`)
}
