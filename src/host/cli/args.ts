/** Reads a verb's arguments with `node:util`, and says what is wrong with the nearest right word. */
import { parseArgs } from 'node:util'
import { SkeinError } from '../../std/index.ts'
import { suggestion } from '../words/nearest.ts'
import { COMMON_FLAGS } from './verb.ts'
import type { Flag, Typed, Verb } from './verb.ts'

const SHORT: Readonly<Record<string, string>> = { h: 'help' }

/** The arguments after the verb's name. Throws `USAGE`. */
export function readArgs(verb: Verb, argv: readonly string[]): Typed {
  const flags = { ...verb.flags, ...COMMON_FLAGS }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined || flag.optionalValue ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens } = parseArgs({
    args: joinOptionalValues(argv, flags),
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const given = new Map<string, string | true>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const name = SHORT[token.name] ?? token.name
    given.set(name, flagValue(verb, name, flags[name], token.value))
  }
  const typed: Typed = {
    positionals,
    text: (name) => (typeof given.get(name) === 'string' ? (given.get(name) as string) : undefined),
    has: (name) => given.has(name),
    wholeNumber: (name, least) => wholeNumber(verb, name, { text: typed.text(name), least }),
  }
  if (!typed.has('help')) checkPositionals(verb, positionals)
  return typed
}

/** `--wait 30s` for a flag whose value may be left out: joined, so that the parser sees one word. */
function joinOptionalValues(argv: readonly string[], flags: Readonly<Record<string, Flag>>): string[] {
  const joined: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const next = argv[i + 1]
    const isOptional = word.startsWith('--') && flags[word.slice(2)]?.optionalValue === true
    if (isOptional && next !== undefined && /^\d/.test(next)) {
      joined.push(`${word}=${next}`)
      i += 1
    } else joined.push(word)
  }
  return joined
}

function flagValue(verb: Verb, name: string, flag: Flag | undefined, value: string | undefined): string | true {
  if (flag === undefined)
    throw usage(
      verb,
      `there is no --${name}.${suggestion(
        `--${name}`,
        [...Object.keys(verb.flags), ...Object.keys(COMMON_FLAGS)].map((known) => `--${known}`),
      )}`,
    )
  if (flag.value === undefined) {
    if (value !== undefined) throw usage(verb, `--${name} takes no value`)
    return true
  }
  if (value === undefined && flag.optionalValue !== true)
    throw usage(verb, `--${name} needs a value: --${name} ${flag.value}`)
  return value ?? true
}

function wholeNumber(
  verb: Verb,
  name: string,
  { text, least }: { readonly text: string | undefined; readonly least: number },
): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number
  throw usage(verb, `--${name} takes a whole number from ${least} on, not "${text}".`)
}

function checkPositionals(verb: Verb, given: readonly string[]): void {
  const missing = verb.positionals.find((positional, i) => positional.optional !== true && given[i] === undefined)
  if (missing !== undefined) throw usage(verb, `<${missing.name}> is missing: ${usageLine(verb)}`)
  const extra = given[verb.positionals.length]
  if (extra !== undefined) throw usage(verb, `"${extra}" is one argument too many: ${usageLine(verb)}`)
}

function usage(verb: Verb, what: string): SkeinError {
  return new SkeinError('USAGE', `skein ${verb.name}: ${what} See: skein ${verb.name} --help`)
}

/** `skein show <pid> [effect] [options]`. */
export function usageLine(verb: Verb): string {
  const positionals = verb.positionals.map(({ name, optional }) => (optional === true ? `[${name}]` : `<${name}>`))
  return ['skein', verb.name, ...positionals, '[options]'].join(' ')
}
