/** A run as a tree of rows: pure, from what is known to what is shown. */
import { addAmounts } from '../../kernel/index.ts'
import type { Amounts } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { ShownMember } from '../operate/find.ts'
import type { Family, Member } from '../views/family.ts'
import { isEnded, openNeeds } from '../views/rest.ts'
import type { Need } from '../views/rest.ts'
import { countWords, elapsedWords, spendWords } from '../words/amounts.ts'
import type { Command } from '../words/command.ts'
import { needCommands, needName, needWords } from '../words/need.ts'
import { shortPid } from '../words/pid.ts'
import { failureCode, stateWords } from '../words/state.ts'
import type { Tone } from '../words/state.ts'

/** One row: cells that line up, then free text. */
export type Row = {
  readonly tree: string
  readonly state: string
  readonly effects: string
  readonly spend: string
  readonly elapsed: string
  readonly note: string
  readonly tone: Tone
}

/** Ended siblings of one kind beyond this many become one row. */
const SIBLINGS_SHOWN_MAX = 3

type Node = { readonly row: Row; readonly children: readonly Node[] }

/** The rows of a run, parents before children, branches drawn. */
export function treeRows(
  family: Family,
  nowMs: number,
  { command, progress = NO_PROGRESS }: { readonly command: Command; readonly progress?: Progress },
): readonly Row[] {
  const root = family.root
  return root === undefined ? [] : drawn(nodeOf({ family, nowMs, progress, command }, root), '', '')
}

/** What running effects last said of themselves. */
export type Progress = ReadonlyMap<Pid, string>

const NO_PROGRESS: Progress = new Map()

type Scene = {
  readonly family: Family
  readonly nowMs: number
  readonly progress: Progress
  readonly command: Command
}

function drawn(node: Node, first: string, rest: string): Row[] {
  const rows: Row[] = [{ ...node.row, tree: first + node.row.tree }]
  node.children.forEach((child, i) => {
    const last = i === node.children.length - 1
    rows.push(...drawn(child, `${rest}${last ? '└ ' : '├ '}`, `${rest}${last ? '  ' : '│ '}`))
  })
  return rows
}

function nodeOf(scene: Scene, member: ShownMember): Node {
  const children = scene.family.children(member.view.pid)
  const needs = member.unread === undefined ? needRows(member, scene.command) : []
  return {
    row: memberRow(scene, member),
    children: [...grouped(scene, children), ...needs.map((row) => ({ row, children: [] }))],
  }
}

function memberRow({ family, nowMs, progress }: Scene, member: ShownMember): Row {
  const { view, story, unread } = member
  const state = stateWords(member)
  const isRoot = view.parent === undefined
  const end = view.endedAt ?? story.ended?.at ?? nowMs
  const repeated = story.repeated === 0 ? '' : `, ${story.repeated} repeated`
  return {
    tree: `${isRoot && view.pid !== view.workflow ? `${view.pid} ${view.workflow}` : shortPid(view.pid)}${forkMark(member)}`,
    state: state.text,
    effects: `${countWords(story.effectCount, 'effect')}${repeated}`,
    spend: spendWords(spentBelow(family, member), isRoot || view.kind === 'agent' ? story.cap : undefined),
    elapsed: elapsedWords(end - view.createdAt),
    note: unread?.code ?? noteOf(member, nowMs, progress.get(view.pid)),
    tone: unread === undefined ? state.tone : 'bad',
  }
}

function forkMark({ story }: Member): string {
  const lineage = story.born?.lineage
  return lineage === undefined ? '' : ` (fork of ${shortPid(lineage.pid)}@${lineage.seq})`
}

/** Spent and lost by a process and all below it. */
export function spentBelow(family: Family, member: Member): Amounts {
  let sum = addAmounts(member.story.spent, member.story.forfeited)
  for (const child of family.children(member.view.pid)) sum = addAmounts(sum, spentBelow(family, child))
  return sum
}

function noteOf(member: Member, nowMs: number, said: string | undefined): string {
  const { view, story } = member
  if (view.status === 'parked') return view.parked?.code ?? ''
  if (view.status === 'failed') return failureCode(member) ?? ''
  if (isEnded(view.status)) return ''
  const running = story.inFlight().filter((entry) => entry.kind !== 'child')
  const newest = running.at(-1)
  if (newest === undefined) return ''
  const attempt = newest.attempts > 1 ? ` (attempt ${newest.attempts})` : ''
  const more = running.length > 1 ? ` and ${running.length - 1} more` : ''
  return `${newest.name}${attempt} ${elapsedWords(nowMs - (newest.begunAt ?? newest.at))}${more}${said === undefined ? '' : `: ${said}`}`
}

function needRows(member: Member, command: Command): Row[] {
  return openNeeds(member)
    .filter((need) => need.kind !== 'message')
    .map((need) => needRow(need, command))
}

function needRow(need: Need, command: Command): Row {
  const tone: Tone = need.kind === 'approval' || need.kind === 'answer' ? 'ask' : 'bad'
  return {
    tree: needName(need),
    state: '',
    effects: '',
    spend: '',
    elapsed: '',
    note: `${needWords(need)}   ${needCommands(need, command)[0] ?? ''}`,
    tone,
  }
}

/** Children, with ended ones of one kind gathered when there are many. */
function grouped(scene: Scene, children: readonly ShownMember[]): Node[] {
  const endedOf = new Map<string, Member[]>()
  for (const child of children) {
    if (!isEnded(child.view.status)) continue
    endedOf.set(child.view.workflow, [...(endedOf.get(child.view.workflow) ?? []), child])
  }
  const nodes: Node[] = []
  const told = new Set<string>()
  for (const child of children) {
    const group = isEnded(child.view.status) ? (endedOf.get(child.view.workflow) ?? []) : []
    if (group.length <= SIBLINGS_SHOWN_MAX) nodes.push(nodeOf(scene, child))
    else if (!told.has(child.view.workflow)) {
      told.add(child.view.workflow)
      nodes.push({ row: groupRow(scene.family, child.view.workflow, group), children: [] })
    }
  }
  return nodes
}

function groupRow(family: Family, workflow: string, group: readonly Member[]): Row {
  const failed = group.filter((member) => member.view.status === 'failed').length
  let spent: Amounts = {}
  let effects = 0
  for (const member of group) {
    spent = addAmounts(spent, spentBelow(family, member))
    effects += member.story.effectCount
  }
  return {
    tree: `${group.length} × ${workflow}`,
    state: failed === 0 ? 'done' : `${group.length - failed} done`,
    effects: countWords(effects, 'effect'),
    spend: spendWords(spent, undefined),
    elapsed: '',
    note: failed === 0 ? '' : `${failed} failed`,
    tone: 'dim',
  }
}
