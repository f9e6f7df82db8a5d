/** The command line: finds the verb, runs it, and turns whatever is thrown into words and an exit code. */
import { SkeinError } from '../../std/index.ts'
import { userFileHooks } from '../load/hooks.ts'
import { suggestion } from '../words/nearest.ts'
import { readArgs } from './args.ts'
import { printFailure } from './failure.ts'
import { overview, verbHelp } from './help.ts'
import { processTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { answer } from './verbs/answer.ts'
import { approve } from './verbs/approve.ts'
import { backup } from './verbs/backup.ts'
import { cancel } from './verbs/cancel.ts'
import { check } from './verbs/check.ts'
import { deny } from './verbs/deny.ts'
import { diff } from './verbs/diff.ts'
import { fork } from './verbs/fork.ts'
import { erase } from './verbs/erase.ts'
import { exportJournals } from './verbs/export.ts'
import { inbox } from './verbs/inbox.ts'
import { log } from './verbs/log.ts'
import { pause } from './verbs/pause.ts'
import { ps } from './verbs/ps.ts'
import { release } from './verbs/release.ts'
import { resolve } from './verbs/resolve.ts'
import { restore } from './verbs/restore.ts'
import { resume } from './verbs/resume.ts'
import { retry } from './verbs/retry.ts'
import { run } from './verbs/run.ts'
import { send } from './verbs/send.ts'
import { settle } from './verbs/settle.ts'
import { show } from './verbs/show.ts'
import { stuck } from './verbs/stuck.ts'
import { switches } from './verbs/switches.ts'
import { topup } from './verbs/topup.ts'
import { tree } from './verbs/tree.ts'
import { upgrade } from './verbs/upgrade.ts'
import { verify } from './verbs/verify.ts'
import { version } from './version.ts'

const VERBS = [
  run,
  ps,
  stuck,
  tree,
  log,
  show,
  inbox,
  approve,
  deny,
  answer,
  send,
  cancel,
  pause,
  resume,
  switches,
  retry,
  fork,
  diff,
  resolve,
  settle,
  topup,
  verify,
  backup,
  restore,
  release,
  erase,
  upgrade,
  check,
  exportJournals,
]

/** Runs one command. Returns the exit code; never rejects. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const code = await outcomeOf(argv, terminal)
  terminal.leave(code)
  return code
}

async function outcomeOf(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    using _hooks = userFileHooks()
    return await dispatch(argv, terminal)
  } catch (thrown) {
    return printFailure(thrown, terminal, argv.includes('--json'))
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = VERBS.find((verb) => verb.name === rest[0])
    terminal.out(asked === undefined ? overview(VERBS) : verbHelp(asked))
    return 0
  }
  if (name === '--version') {
    terminal.out(`${version()}\n`)
    return 0
  }
  const verb = VERBS.find((known) => known.name === name)
  if (verb === undefined)
    throw new SkeinError(
      'USAGE',
      `there is no verb ${name}.${suggestion(
        name,
        VERBS.map((known) => known.name),
      )} See: skein --help`,
    )
  const typed = readArgs(verb, rest)
  if (typed.has('help')) {
    terminal.out(verbHelp(verb))
    return 0
  }
  return verb.run(typed, terminal)
}
