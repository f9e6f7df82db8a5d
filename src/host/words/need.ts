/** What is waited for, and the command that gives it. */
import { unreachable } from '../../std/index.ts'
import type { Need } from '../views/rest.ts'
import { amountsWords } from './amounts.ts'
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
      const title = on?.kind === 'answer' ? on.title : need.entry.name
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
export function needCommands(need: Need): readonly string[] {
  const name = shellWord(needName(need))
  const pid = shortPid(need.member.view.pid)
  switch (need.kind) {
    case 'approval':
      return [`npx skein approve ${name}`, `npx skein deny ${name}`]
    case 'answer':
    case 'promise':
      return [`npx skein answer ${name} '<JSON>'`]
    case 'pending':
      return [`npx skein settle ${name} --done '<JSON>'`, `npx skein settle ${name} --fail '<why>'`]
    case 'budget':
      return [`npx skein topup ${pid} --budget '<more>'`, `npx skein cancel ${pid}`]
    case 'operator':
      return [
        `npx skein resolve ${name} --done '<JSON>'`,
        `npx skein resolve ${name} --again`,
        `npx skein resolve ${name} --fail`,
      ]
    case 'message': {
      const on = need.entry.wait?.on
      const topic =
        on?.kind === 'message' && on.pattern.topic !== undefined ? ` --topic ${shellWord(on.pattern.topic)}` : ''
      const type =
        on?.kind === 'message' && on.pattern.type !== undefined ? ` --type ${shellWord(on.pattern.type)}` : ''
      return [`npx skein send ${pid}${topic}${type} '<JSON>'`]
    }
    case 'switch': {
      const on = need.entry.wait?.on
      return on?.kind === 'switch' ? [`npx skein resume ${shellWord(on.target.replace(/^process:/, ''))}`] : []
    }
    case 'parked':
      return parkedCommands(need)
    default:
      return unreachable(need, 'need')
  }
}

function parkedCommands(need: Extract<Need, { kind: 'parked' }>): readonly string[] {
  const { file, pid, root } = need.member.view
  // Hosting it again tries it once more: with its code back, or with a defect mended.
  const again = file === undefined ? [] : [`npx skein run ${shellWord(file)} --id ${shellWord(root)}`]
  return [...again, `npx skein cancel ${shortPid(pid)}`]
}

/** A word as a shell needs it: quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~#-]+$/.test(word) && !word.startsWith('#') ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
