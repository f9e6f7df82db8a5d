/** What is waited for, and the command that gives it. */
import { unreachable } from '../../std/index.ts'
import type { Need } from '../views/rest.ts'
import { amountsWords } from './amounts.ts'
import type { Command } from './command.ts'
import { waitWords } from './fact.ts'
import { shortPid } from './pid.ts'
import { oneLine, payloadWords } from './value.ts'

const QUESTION_MAX = 400

/** The name of what waits, as verbs take it: `a1/publish`. */
export function needName(need: Need): string {
  const pid = shortPid(need.member.view.pid)
  return need.kind === 'parked' ? pid : `${pid}/${need.entry.name}`
}

/** What is waited for, in one line. */
export function needWords(need: Need, max?: number): string {
  switch (need.kind) {
    case 'approval': {
      const { args, argsHash } = need.entry
      const shown = args === undefined ? '' : ` ${payloadWords(args, max)}`
      return `${need.entry.name}${shown}${argsHash === undefined ? '' : `, sha ${argsHash.slice(0, 4)}`}`
    }
    case 'answer': {
      const on = need.entry.wait?.on
      const title = (on?.kind === 'answer' ? on.title : undefined) ?? need.entry.name
      return `${oneLine(title, max)}${need.entry.args === undefined ? '' : ` ${payloadWords(need.entry.args, max)}`}`
    }
    case 'budget': {
      const on = need.entry.wait?.on
      return `${need.entry.name} needs ${on?.kind === 'budget' ? amountsWords(on.need) : 'more'}, and less is left`
    }
    case 'operator': {
      const on = need.entry.wait?.on
      const { name, note, args } = need.entry
      const question = on?.kind === 'operator' ? on.question : (note ?? name)
      // The question is never cut: its end is what a person decides by.
      return `outcome unknown: ${oneLine(question, QUESTION_MAX)}${args === undefined ? '' : ` ${payloadWords(args, max)}`}`
    }
    case 'message': {
      const on = need.entry.wait?.on
      return `a message${on?.kind === 'message' && on.pattern.topic !== undefined ? ` on ${on.pattern.topic}` : ''}`
    }
    case 'pending': {
      const on = need.entry.wait?.on
      if (on?.kind !== 'pending') return need.entry.name
      const refused = on.refused === undefined ? '' : `; ${payloadWords(on.refused, max)}`
      return `${need.entry.name} is pending as ${oneLine(on.token, max)}${refused}`
    }
    case 'promise':
      return `the promise ${need.entry.name}`
    case 'switch': {
      const on = need.entry.wait?.on
      return on === undefined ? 'switched off' : waitWords(on)
    }
    case 'parked':
      return `${need.error.code}: ${need.error.message}`
    default:
      return unreachable(need, 'need')
  }
}

/** The commands that meet the need; the first is the usual one. */
export function needCommands(need: Need, command: Command): readonly string[] {
  const name = needName(need)
  const pid = shortPid(need.member.view.pid)
  switch (need.kind) {
    case 'approval':
      return [command('approve', name), command('deny', name)]
    case 'answer':
    case 'promise':
      return [command('answer', name, '<JSON>')]
    case 'pending':
      return [command('settle', name, '--done', '<JSON>'), command('settle', name, '--fail', '<why>')]
    case 'budget':
      return [command('topup', pid, '--budget', '<more>'), command('cancel', pid)]
    case 'operator':
      return [
        command('resolve', name, '--done', '<JSON>'),
        command('resolve', name, '--again'),
        command('resolve', name, '--fail'),
      ]
    case 'message': {
      const on = need.entry.wait?.on
      const { topic, type } = on?.kind === 'message' ? on.pattern : {}
      const topicWords = topic === undefined ? [] : ['--topic', topic]
      const typeWords = type === undefined ? [] : ['--type', type]
      return [command('send', pid, ...topicWords, ...typeWords, '<JSON>')]
    }
    case 'switch': {
      const on = need.entry.wait?.on
      return on?.kind === 'switch' ? [command('resume', on.target.replace(/^process:/, ''))] : []
    }
    case 'parked':
      return parkedCommands(need, command)
    default:
      return unreachable(need, 'need')
  }
}

function parkedCommands(need: Extract<Need, { kind: 'parked' }>, command: Command): readonly string[] {
  const { file, pid, root } = need.member.view
  const { code } = need.error
  // Where the code was changed: what moving to it comes to.
  const moved = code === 'CODE_ABSENT' || code === 'UPGRADE_AMBIGUOUS'
  const upgrade = moved ? [command('upgrade', shortPid(pid), '--dry-run')] : []
  // Hosting it again tries it once more: with its code back, or with a defect mended.
  const again = file === undefined ? [] : [command('run', file, '--id', root)]
  return [...upgrade, ...again, command('cancel', shortPid(pid))]
}
