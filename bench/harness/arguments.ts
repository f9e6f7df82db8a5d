/** What was asked for on the command line. */
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'
import { ROUNDS_MAX } from './limits.ts'

export type Asked =
  | { readonly do: 'list' }
  | { readonly do: 'pages' }
  | { readonly do: 'compare'; readonly files: readonly [string, string] }
  | ({ readonly do: 'run'; readonly benches: readonly Bench[] } & RunOptions)

export type RunOptions = {
  readonly isJson: boolean
  readonly hasPeers: boolean
  readonly isReported: boolean
  readonly isQuick: boolean
  readonly isResumed: boolean
  /** A folder for data and pages; without it `docs/reports`. */
  readonly into: string | undefined
  readonly rounds: number | undefined
  readonly only: string | undefined
}

/** A mistake on the command line; the message is for the person who made it. */
export class BadArguments extends Error {}

export function askedFor(argv: readonly string[], benches: readonly Bench[]): Asked {
  const { values, positionals } = parsed(argv)
  const [name, ...rest] = positionals
  if (name === undefined) throw new BadArguments('which bench?')
  if (name === 'compare') {
    const [a, b, extra] = rest
    if (a === undefined || b === undefined || extra !== undefined)
      throw new BadArguments('compare takes two reports (or two folders of them)')
    return { do: 'compare', files: [a, b] }
  }
  if (rest.length > 0) throw new BadArguments(`one bench at a time, or all: ${positionals.join(' ')}`)
  if (name === 'list' || name === 'pages') return { do: name }
  if (values.only !== undefined && (values.report === true || values.into !== undefined))
    throw new BadArguments(
      'a report has all cells of its bench: --only can not be stored (--resume runs again what failed)',
    )
  const chosen = name === 'all' ? benches : benches.filter((bench) => bench.name === name)
  if (chosen.length === 0) throw new BadArguments(`there is no bench ${name}`)
  return {
    do: 'run',
    benches: chosen,
    isJson: values.json === true,
    hasPeers: values.peers === true,
    isReported: values.report === true || values.into !== undefined,
    into: values.into,
    isQuick: values.quick === true,
    isResumed: values.resume === true,
    rounds: roundsOf(values.rounds),
    only: values.only,
  }
}

const FLAG = { type: 'boolean' } as const
const TEXT = { type: 'string' } as const
const OPTIONS = {
  json: FLAG,
  peers: FLAG,
  report: FLAG,
  quick: FLAG,
  resume: FLAG,
  rounds: TEXT,
  only: TEXT,
  into: TEXT,
} as const

function parsed(argv: readonly string[]) {
  const about = { args: [...argv], allowPositionals: true, options: OPTIONS } as const
  for (const token of parseArgs({ ...about, strict: false, tokens: true }).tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (!isOption(name)) throw new BadArguments(`there is no option ${rawName}`)
    const isText = OPTIONS[name] === TEXT
    if (isText && (value === undefined || (value.startsWith('-') && !token.inlineValue)))
      throw new BadArguments(`${rawName} needs a value`)
    if (!isText && value !== undefined) throw new BadArguments(`${rawName} takes no value`)
  }
  return parseArgs(about)
}

const isOption = (name: string): name is keyof typeof OPTIONS => Object.hasOwn(OPTIONS, name)

function roundsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rounds = Number(text)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX)
    throw new BadArguments(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}, not ${text}`)
  return rounds
}

export function usage(benches: readonly Bench[]): string {
  return [
    `usage: npm run bench -- <${benches.map(({ name }) => name).join(' | ')} | all> [options]`,
    '       npm run bench -- list                 what each measures, and its cells',
    '       npm run bench -- compare A.json B.json   whether two runs agree in the order of their variants',
    '       npm run bench -- pages                the pages again, from the stored reports',
    'options: --peers (with other frameworks, installed first)  --rounds N  --only TEXT (cells whose name holds it)',
    '         --quick (small work, one round)  --json (the whole report)  --report (store it, write its page)',
    '         --into FOLDER (the same, stored there)  --resume (keep the samples that the stored report holds)',
  ].join('\n')
}
