import { DIMENSIONS, ProcessState, valueOf } from '../../../kernel/index.ts'
import type { AccountData, Amounts, Payload } from '../../../kernel/index.ts'
import type { Pid } from '../../../std/index.ts'
import { findEffect, findProcess, readMember } from '../../operate/find.ts'
import type { Reader } from '../../operate/find.ts'
import type { Member } from '../../views/family.ts'
import { openNeeds } from '../../views/rest.ts'
import type { Entry } from '../../views/entry.ts'
import type { Story } from '../../views/story.ts'
import { stuckOf } from '../../views/stuck.ts'
import { amountsWords, elapsedWords } from '../../words/amounts.ts'
import type { Command } from '../../words/command.ts'
import { needCommands, needName, needWords } from '../../words/need.ts'
import { stateWords } from '../../words/state.ts'
import { outcomeWords, toJson } from '../../words/value.ts'
import { forkWords, waitWords } from '../../words/fact.ts'
import { ownerAnswers, shownCommand, withReader } from '../folder.ts'
import { entryJson, jsonLine, memberJson } from '../json.ts'
import { table, textOf } from '../table.ts'
import { openTime } from '../time.ts'
import { stuckLines } from './stuck.ts'
import type { VerbBody } from '../verb.ts'

const INDENT = 2
const TITLE_WIDTH = 10

/** `skein show`. */
export const show: VerbBody = {
  positionals: [{ name: 'pid[/effect]' }],
  flags: {},
  examples: ['skein show a1', 'skein show a1/publish', 'skein show a1/publish#2 --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const asked = typed.positionals[0] ?? ''
      if (asked.includes('/')) {
        const { pid, entry, story } = await findEffect(reader, asked)
        const shown = shownJson(entry, story)
        terminal.out(
          typed.has('json')
            ? jsonLine({ pid, ...entryJson(entry), ...(Object.keys(shown).length === 0 ? {} : { shown }) })
            : textOf([...effectLines(pid, entry), ...shownLines(entry, shown)]),
        )
        return 0
      }
      const pid = await findProcess(reader, asked)
      const member = await readMember(reader, pid)
      if (member === undefined) return 1
      const { story } = member
      const command = shownCommand(typed)
      const account = await accountOf(reader, pid)
      const found = await stuckOf(member, {
        nowMs: Date.now(),
        isHosted: reader.isHosted(),
        isOnWorkers: reader.isOnWorkers,
        command,
        isAnswering: await ownerAnswers(typed, terminal),
        inspect: (other) => reader.inspect(other),
      })
      if (typed.has('json'))
        terminal.out(
          jsonLine({
            ...memberJson(member, command),
            ...(found === undefined ? {} : { stuck: found }),
            input: payloadJson(story.born?.input),
            ...(story.ended?.warning === undefined ? {} : { warning: story.ended.warning }),
            account,
            effects: [...story.entries.values()].map(entryJson),
          }),
        )
      else {
        terminal.out(textOf(processLines(member, account, command)))
        if (found !== undefined) terminal.out(textOf(stuckLines(found)))
      }
      return 0
    }),
}

/** The account as the kernel folds it. */
async function accountOf(reader: Reader, pid: Pid): Promise<AccountData> {
  const state = new ProcessState()
  for await (const frame of reader.history(pid)) for (const fact of frame.facts) state.apply(fact)
  return state.account.data
}

function processLines(member: Member, account: AccountData, command: Command): readonly string[] {
  const { view, story } = member
  const took = view.endedAt === undefined ? '' : `, ended after ${elapsedWords(view.endedAt - view.createdAt)}`
  const resumed = view.activations > 1 ? `, activated ${view.activations} times` : ''
  const forked = story.born === undefined ? undefined : forkWords(story.born)
  const lines = [
    `${view.pid}  ${view.kind} ${view.workflow} ${story.born?.version ?? ''}  ${stateWords(member).text}${resumed}`,
    `  started   ${openTime(view.createdAt)}${took}`,
    ...(view.parent === undefined ? [] : [`  parent    ${view.parent}`]),
    ...(forked === undefined ? [] : [`  lineage   ${forked}`]),
    ...(view.file === undefined ? [] : [`  file      ${view.file}`]),
    ...(story.born === undefined ? [] : [`  code      ${story.born.codeDigest}`]),
    ...(story.cancelled === undefined ? [] : [`  cancelled ${story.cancelled}`]),
    ...(view.heldBy === undefined ? [] : [`  held      by the move ${view.heldBy}; see: skein stuck`]),
    ...(view.parked === undefined ? [] : [`  parked    ${view.parked.code}: ${view.parked.message}`]),
    ...(story.ended?.warning === undefined ? [] : [`  warning   ${story.ended.warning}`]),
  ]
  if (story.born !== undefined) lines.push('', 'input', indented(payloadText(story.born.input)))
  if (view.result !== undefined)
    lines.push(
      '',
      'result',
      view.result.type === 'ok' ? indented(payloadText(view.result.value)) : `  ${outcomeWords(view.result, Infinity)}`,
    )
  lines.push('', 'account', ...accountLines(account))
  const needs = openNeeds(member)
  if (needs.length > 0)
    lines.push(
      '',
      'waits for',
      ...needs.flatMap((need) => [
        `  ${needName(need)}: ${needWords(need)}`,
        ...needCommands(need, command).map((line) => `    ${line}`),
      ]),
    )
  if (story.entries.size > 0) lines.push('', ...effectsTable(story))
  return lines
}

function accountLines(account: AccountData): string[] {
  const has = (dimension: (typeof DIMENSIONS)[number]): boolean =>
    [account.cap, account.spent, account.reserved, account.delegated, account.forfeited].some(
      (amounts) => amounts[dimension] !== undefined && amounts[dimension] !== 0,
    )
  const dimensions = DIMENSIONS.filter(has)
  if (dimensions.length === 0) return ['  nothing used, no limit']
  const cell = (amounts: Amounts, dimension: (typeof DIMENSIONS)[number], absent = '0'): string =>
    amounts[dimension] === undefined ? absent : String(amounts[dimension])
  const rows = dimensions.map((dimension) => [
    `  ${dimension}`,
    cell(account.cap, dimension, 'no limit'),
    cell(account.spent, dimension),
    cell(account.reserved, dimension),
    cell(account.delegated, dimension),
    cell(account.forfeited, dimension),
  ])
  const lines = [...table(['  ', 'cap', 'spent', 'reserved', 'delegated', 'lost'], rows)]
  if (account.frozen) lines.push('  frozen: more was spent than reserved; skein topup thaws it')
  return lines
}

function effectsTable(story: Story): readonly string[] {
  const rows = [...story.entries.values()].map((entry) => [
    entry.name,
    entry.class === undefined ? entry.kind : `${entry.kind} ${entry.class}`,
    phaseWords(entry),
    entry.attempts === 0 ? '' : String(entry.attempts),
    entry.begunAt === undefined || entry.endedAt === undefined ? '' : elapsedWords(entry.endedAt - entry.begunAt),
    entry.wait === undefined
      ? entry.outcome === undefined
        ? (entry.note ?? '')
        : outcomeWords(entry.outcome)
      : waitWords(entry.wait.on),
  ])
  return table(['EFFECT', 'KIND', 'PHASE', 'ATTEMPTS', 'TOOK', ''], rows)
}

function phaseWords(entry: Entry): string {
  if (entry.shared && entry.outcome !== undefined) return 'shared'
  if (entry.phase !== 'settled') return entry.wait === undefined ? entry.phase : 'waiting'
  return entry.outcome === undefined || entry.outcome.type === 'ok'
    ? 'done'
    : entry.outcome.type === 'error'
      ? 'failed'
      : entry.outcome.type
}

function effectLines(pid: Pid, entry: Entry): readonly string[] {
  const lines = [
    `${pid}/${entry.name}  ${entry.kind}${entry.class === undefined ? '' : ` ${entry.class}`}  ${phaseWords(entry)}`,
    `  key       ${entry.key}`,
    ...(entry.shared ? ['  shared    done by its origin, before it branched off'] : []),
    `  asked     ${openTime(entry.at)}`,
    ...(entry.begunAt === undefined ? [] : [`  begun     ${openTime(entry.begunAt)}, attempt ${entry.attempts}`]),
    ...(entry.endedAt === undefined ? [] : [`  ended     ${openTime(entry.endedAt)}`]),
    ...(entry.approvedBy === undefined ? [] : [`  answered  by ${entry.approvedBy}`]),
    ...(Object.keys(entry.actual).length === 0 ? [] : [`  used      ${amountsWords(entry.actual)}`]),
    ...(entry.argsHash === undefined ? [] : [`  sha       ${entry.argsHash}`]),
    ...(entry.wait === undefined ? [] : [`  waits     ${waitWords(entry.wait.on)}`]),
    ...(entry.note === undefined ? [] : [`  note      ${entry.note}`]),
    ...(entry.child === undefined ? [] : [`  process   ${entry.child}`]),
  ]
  if (entry.args !== undefined) lines.push('', 'arguments', indented(payloadText(entry.args)))
  if (entry.outcome?.type === 'ok') lines.push('', 'value', indented(payloadText(entry.outcome.value)))
  else if (entry.outcome !== undefined) lines.push('', `outcome   ${outcomeWords(entry.outcome, Infinity)}`)
  return lines
}

/** What the model was shown beside the conversation, by the hashes of the call. */
function shownJson(
  { prompt, tools }: Entry,
  { texts }: Story,
): { readonly prompt?: unknown; readonly tools?: unknown } {
  const text = (hash: string | undefined): unknown => payloadJson(hash === undefined ? undefined : texts.get(hash))
  const given = text(prompt)
  const toolsText = text(tools)
  return {
    ...(given === undefined ? {} : { prompt: given }),
    ...(toolsText === undefined ? {} : { tools: typeof toolsText === 'string' ? JSON.parse(toolsText) : toolsText }),
  }
}

function shownLines(entry: Entry, shown: ReturnType<typeof shownJson>): readonly string[] {
  const part = (name: string, hash: string | undefined, value: unknown): readonly string[] =>
    value === undefined
      ? []
      : ['', `${name.padEnd(TITLE_WIDTH)}${hash}`, indented(typeof value === 'string' ? value : toJson(value, INDENT))]
  return [...part('prompt', entry.prompt, shown.prompt), ...part('tools', entry.tools, shown.tools)]
}

function payloadText(payload: Payload): string {
  return payload.erased === true ? '(erased)' : toJson(valueOf(payload), INDENT)
}

function payloadJson(payload: Payload | undefined): unknown {
  return payload === undefined ? undefined : payload.erased === true ? { erased: true } : valueOf(payload)
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
