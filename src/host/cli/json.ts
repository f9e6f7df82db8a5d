/** What `--json` prints: plain values, decoded, one document or one line per thing. */
import type { ProcessView } from '../../engine/index.ts'
import { failureOf, valueOf } from '../../kernel/index.ts'
import type { Outcome, WaitOn } from '../../kernel/index.ts'
import { errorData } from '../../std/index.ts'
import type { ShownMember } from '../operate/find.ts'
import type { Member } from '../views/family.ts'
import { openNeeds } from '../views/rest.ts'
import type { Need } from '../views/rest.ts'
import type { Entry } from '../views/entry.ts'
import type { Command } from '../words/command.ts'
import { needCommands, needName, needWords } from '../words/need.ts'
import { toJson } from '../words/value.ts'

/** A value as one line of JSON. */
export function jsonLine(value: unknown): string {
  return `${toJson(value)}\n`
}

/** An outcome with its value or error in the open. */
export function outcomeJson(outcome: Outcome): unknown {
  if (outcome.type === 'ok')
    return { type: 'ok', value: outcome.value.erased === true ? { erased: true } : valueOf(outcome.value) }
  return { type: outcome.type, error: failureOf(outcome) }
}

/** A process. */
export function viewJson(view: ProcessView): Record<string, unknown> {
  const { result, summary, waits, ...rest } = view
  return {
    ...rest,
    waits: waits.map((wait) => wait.on.kind),
    ...(result === undefined ? {} : { result: outcomeJson(result) }),
    ...(summary === undefined ? {} : { summary }),
  }
}

/** A process with what its journal tells. */
export function memberJson(member: Member, command: Command): Record<string, unknown> {
  const { view, story } = member
  return {
    ...viewJson(view),
    ...(story.born?.lineage === undefined ? {} : { lineage: story.born.lineage }),
    effects: story.effectCount,
    repeated: story.repeated,
    spent: story.spent,
    forfeited: story.forfeited,
    cap: story.cap,
    needs: openNeeds(member).map((need) => needJson(need, command)),
  }
}

/** The same, also where its journal cannot be read: `unread` says why. */
export function shownJson(member: ShownMember, command: Command): Record<string, unknown> {
  const { unread } = member
  return { ...memberJson(member, command), ...(unread === undefined ? {} : { unread: errorData(unread) }) }
}

/** What is waited for. */
export function needJson(need: Need, command: Command): Record<string, unknown> {
  const name = needName(need)
  const base = {
    name,
    kind: need.kind,
    what: needWords(need),
    commands: needCommands(need, command),
    pid: need.member.view.pid,
  }
  if (need.kind === 'parked') return { ...base, error: need.error }
  const { key, args, argsHash, wait } = need.entry
  return {
    ...base,
    key,
    since: wait?.since,
    ...(args === undefined ? {} : { args: valueOf(args) }),
    ...(argsHash === undefined ? {} : { argsHash }),
  }
}

/** An effect. */
export function entryJson(entry: Entry): Record<string, unknown> {
  const { args, outcome, wait, ...rest } = entry
  return {
    ...rest,
    ...(args === undefined ? {} : { args: args.erased === true ? { erased: true } : valueOf(args) }),
    ...(outcome === undefined ? {} : { outcome: outcomeJson(outcome) }),
    ...(wait === undefined ? {} : { wait: waitJson(wait.on) }),
  }
}

function waitJson(on: WaitOn): Record<string, unknown> {
  return 'show' in on && on.show !== undefined ? { ...on, show: valueOf(on.show) } : { ...on }
}
