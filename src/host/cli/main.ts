/** The command line: finds the verb, runs it, and turns whatever is thrown into words and an exit code. */
import { SkeinError } from '../../std/index.ts'
import { userFileHooks } from '../load/hooks.ts'
import { suggestion } from '../words/nearest.ts'
import { readArgs } from './args.ts'
import { printFailure } from './failure.ts'
import { overview, verbHelp } from './help.ts'
import { processTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import type { ListedVerb, Verb } from './verb.ts'
import { VERBS } from './verbs.ts'
import { version } from './version.ts'

/** Runs one command. Returns the exit code; never rejects. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const code = await outcomeOf(argv, terminal)
  terminal.leave(code)
  return code
}

async function outcomeOf(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal)
  } catch (thrown) {
    return printFailure(thrown, terminal, argv.includes('--json'))
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = VERBS.find((verb) => verb.name === rest[0])
    terminal.out(asked === undefined ? overview(VERBS) : verbHelp(await whole(asked)))
    return 0
  }
  if (name === '--version') {
    terminal.out(`${version()}\n`)
    return 0
  }
  const listed = VERBS.find((known) => known.name === name)
  if (listed === undefined)
    throw new SkeinError(
      'USAGE',
      `there is no verb ${name}.${suggestion(
        name,
        VERBS.map((known) => known.name),
      )} See: skein --help`,
    )
  const verb = await whole(listed)
  const typed = readArgs(verb, rest)
  if (typed.has('help')) {
    terminal.out(verbHelp(verb))
    return 0
  }
  using _hooks = userFileHooks()
  return await verb.run(typed, terminal)
}

async function whole(listed: ListedVerb): Promise<Verb> {
  const { name, summary } = listed
  return { name, summary, ...(await listed.load()) }
}
