/** Help texts, rendered from the verbs. */
import { usageLine } from './args.ts'
import { COMMON_FLAGS } from './verb.ts'
import type { Flag, ListedVerb, Verb } from './verb.ts'

const GAP = 2

/** What `skein --help` prints. */
export function overview(verbs: readonly ListedVerb[]): string {
  const rows = verbs.map((verb): [string, string] => [verb.name, verb.summary])
  return [
    'skein runs agents as processes: what they did is never done twice, and nothing is lost.',
    '',
    'usage: skein <verb> [arguments] [options]',
    '',
    ...columns(rows),
    '',
    'exit codes: 0 done, 1 failed, 2 usage, 3 waiting, 4 parked, 5 budget, 75 the data folder is owned, 130 cancelled',
    'more: skein <verb> --help',
    '',
  ].join('\n')
}

/** What `skein <verb> --help` prints. */
export function verbHelp(verb: Verb): string {
  const flags = Object.entries({ ...verb.flags, ...COMMON_FLAGS }).map(([name, flag]): [string, string] => [
    flagWords(name, flag),
    flag.help,
  ])
  const about = verb.about === undefined ? [] : ['', verb.about]
  return [
    `${verb.name}: ${verb.summary}`,
    ...about,
    '',
    `usage: ${usageLine(verb)}`,
    '',
    ...columns(flags),
    '',
    'examples:',
    ...verb.examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

function flagWords(name: string, flag: Flag): string {
  if (flag.value === undefined) return `--${name}`
  return flag.optionalValue === true ? `--${name} [${flag.value}]` : `--${name} ${flag.value}`
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + GAP
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`)
}
