import type { ProcessStatus, ProcessView } from '../../../engine/index.ts'
import { SkeinError } from '../../../std/index.ts'
import type { Pid } from '../../../std/index.ts'
import { shownMember } from '../../operate/find.ts'
import type { ShownMember } from '../../operate/find.ts'
import { parseFilter, STATUSES } from '../../views/filter.ts'
import { isEnded } from '../../views/rest.ts'
import { stuckOf } from '../../views/stuck.ts'
import type { Around } from '../../views/stuck.ts'
import { countWords, elapsedWords, spendWords } from '../../words/amounts.ts'
import { suggestion } from '../../words/nearest.ts'
import { shortPid } from '../../words/pid.ts'
import { failureCode, stateWords } from '../../words/state.ts'
import type { Member } from '../../views/family.ts'
import { FILTER_HELP } from '../bulk.ts'
import { ownerAnswers, shownCommand, withReader } from '../folder.ts'
import type { FolderView } from '../folder.ts'
import { jsonLine, shownJson } from '../json.ts'
import { table, textOf } from '../table.ts'
import type { VerbBody } from '../verb.ts'

const LIMIT_DEFAULT = 100
const UNFINISHED: readonly ProcessStatus[] = ['ready', 'running', 'waiting', 'parked']

/** `skein ps`. */
export const ps: VerbBody = {
  about: FILTER_HELP,
  positionals: [],
  flags: {
    all: { help: 'also those that have ended' },
    status: { value: 'STATUS', help: `only these: ${STATUSES.join(', ')}; several with commas` },
    workflow: { value: 'NAME', help: 'only instances of this definition' },
    stuck: { help: 'only what cannot go on by itself, with its cause (more: skein stuck)' },
    where: { value: 'FILTER', help: 'only what fits: status=failed,error=EFFECT_TIMEOUT,older=1h' },
    limit: { value: 'N', help: `at most that many (default ${LIMIT_DEFAULT})` },
  },
  examples: [
    'skein ps',
    'skein ps --all --workflow article',
    'skein ps --status parked,failed --json',
    'skein ps --where agent=helper,status=failed',
  ],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const command = shownCommand(typed)
      const limit = typed.wholeNumber('limit', 1) ?? LIMIT_DEFAULT
      const status = statusesOf(typed.text('status'), typed.has('all'))
      const workflow = typed.text('workflow')
      const members: ShownMember[] = []
      const notes = new Map<Pid, string>()
      const isAnswering = !typed.has('stuck') || (await ownerAnswers(typed, terminal))
      const where = typed.text('where')
      const filter = where === undefined ? undefined : parseFilter(where)
      const query = { ...(status === undefined ? {} : { status }), ...(workflow === undefined ? {} : { workflow }) }
      // A filter that speaks of the status speaks of ended ones too.
      for await (const view of reader.list(
        filter?.query.status === undefined ? query : { ...query, ...filter.query },
      )) {
        const member = await shownMember(reader, view)
        if (member.unread === undefined && !(filter?.matches(member, Date.now()) ?? true)) continue
        if (member.unread !== undefined) notes.set(view.pid, member.unread.code)
        else if (typed.has('stuck')) {
          const found = await stuckOf(member, { ...around(reader), command, isAnswering })
          if (found === undefined) continue
          notes.set(view.pid, found.cause)
        }
        members.push(member)
        if (members.length > limit) break
      }
      const shown = members.slice(0, limit)
      if (typed.has('json')) terminal.out(jsonLine(shown.map((member) => shownJson(member, command))))
      else if (shown.length === 0)
        terminal.out(
          typed.has('all') || typed.has('status')
            ? 'no such processes\n'
            : 'nothing runs or waits; skein ps --all shows what has ended\n',
        )
      else {
        terminal.out(
          textOf(
            table(
              HEAD,
              shown.map((member) => row(member, Date.now(), notes.get(member.view.pid))),
            ),
          ),
        )
        if (members.length > limit) terminal.out(`… and more; --limit ${limit * 10}\n`)
      }
      return 0
    }),
}

const HEAD = ['PID', 'DEFINITION', 'STATE', 'EFFECTS', 'SPENT', 'ELAPSED', 'PARENT', '']

function around(reader: FolderView): Omit<Around, 'command'> {
  const { isOnWorkers } = reader
  return { nowMs: Date.now(), isHosted: reader.isHosted(), isOnWorkers, inspect: (pid) => reader.inspect(pid) }
}

function row(member: Member, nowMs: number, note: string | undefined): readonly string[] {
  const { view, story } = member
  return [
    shortPid(view.pid),
    view.workflow,
    stateWords(member).text,
    countWords(story.effectCount, 'effect'),
    spendWords(story.spent, story.cap),
    elapsedWords((view.endedAt ?? nowMs) - view.createdAt),
    view.parent === undefined ? '' : shortPid(view.parent),
    note ?? noteOf(view, member),
  ]
}

function noteOf(view: ProcessView, member: Member): string {
  if (isEnded(view.status)) return failureCode(member) ?? ''
  if (view.heldBy !== undefined) return 'held by a move'
  return view.parked?.code ?? ''
}

function statusesOf(text: string | undefined, all: boolean): readonly ProcessStatus[] | undefined {
  if (text === undefined) return all ? undefined : UNFINISHED
  return text.split(',').map((word) => {
    const status = STATUSES.find((known) => known === word.trim())
    if (status === undefined)
      throw new SkeinError(
        'USAGE',
        `there is no status ${word}.${suggestion(word, STATUSES)} They are ${STATUSES.join(', ')}`,
      )
    return status
  })
}
