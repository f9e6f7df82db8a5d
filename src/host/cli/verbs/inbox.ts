import type { WaitOn } from '../../../kernel/index.ts'
import { judged } from '../../operate/find.ts'
import type { Reader, Unread } from '../../operate/find.ts'
import { openNeeds } from '../../views/rest.ts'
import type { Need } from '../../views/rest.ts'
import { elapsedWords } from '../../words/amounts.ts'
import type { Command } from '../../words/command.ts'
import { needCommands, needName, needWords } from '../../words/need.ts'
import { shownCommand, withReader } from '../folder.ts'
import { jsonLine, needJson } from '../json.ts'
import { textOf } from '../table.ts'
import { tellUnread } from '../unread.ts'
import type { VerbBody } from '../verb.ts'

const SHOWN_MAX = 200
const FOR_PEOPLE: readonly WaitOn['kind'][] = [
  'approval',
  'answer',
  'budget',
  'operator',
  'promise',
  'pending',
  'switch',
]

/** `skein inbox`. */
export const inbox: VerbBody = {
  positionals: [],
  flags: {},
  examples: ['skein inbox', 'skein inbox --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const command = shownCommand(typed)
      const { needs, unread } = await allNeeds(reader)
      if (typed.has('json')) terminal.out(jsonLine([...unread, ...needs.map((need) => needJson(need, command))]))
      else if (needs.length + unread.length === 0) terminal.out('nothing waits for you\n')
      else for (const need of needs) terminal.out(textOf(needLines(need, Date.now(), command)))
      return tellUnread(unread, typed, terminal) === 0 ? 0 : 1
    }),
}

async function allNeeds(
  reader: Reader,
): Promise<{ readonly needs: readonly Need[]; readonly unread: readonly Unread[] }> {
  const needs: Need[] = []
  const unread: Unread[] = []
  for await (const view of reader.list({ status: ['ready', 'running', 'waiting', 'parked'] })) {
    const isAsking = view.status === 'parked' || view.waits.some((wait) => FOR_PEOPLE.includes(wait.on.kind))
    if (!isAsking) continue
    const open = await judged(reader, view, { judge: openNeeds, tell: (one) => unread.push(one) })
    needs.push(...(open ?? []).filter((need) => need.kind !== 'message'))
    if (needs.length >= SHOWN_MAX) break
  }
  return { needs, unread }
}

function needLines(need: Need, nowMs: number, command: Command): readonly string[] {
  const since = need.kind === 'parked' ? need.member.view.updatedAt : (need.entry.wait?.since ?? nowMs)
  return [
    `${needName(need)}  ${needWords(need)}  (${need.kind}, for ${elapsedWords(nowMs - since)})`,
    ...needCommands(need, command).map((line) => `    ${line}`),
  ]
}
