/** How a run is shown while it goes: a tree redrawn in place, lines, or nothing. */
import type { Host } from '../hosting/host.ts'
import { PROGRESS_ROWS_MAX } from '../limits.ts'
import type { Pid } from '../../std/index.ts'
import { layOut } from '../progress/lines.ts'
import { PlainProgress } from '../progress/plain.ts'
import { screen, wantsColours } from '../progress/screen.ts'
import { treeRows } from '../progress/tree.ts'
import type { Family } from '../views/family.ts'
import type { Command } from '../words/command.ts'
import { shortPid } from '../words/pid.ts'
import { oneLine } from '../words/value.ts'
import type { Terminal } from './terminal.ts'

/** Shows a run until disposed. */
export interface Reporter extends Disposable {
  /** A line that stays. */
  say(text: string): void
  /** The run as it is now. */
  look(family: Family): void
}

/** What is shown of which run. */
export type ReporterOptions = {
  readonly isQuiet: boolean
  readonly pid: Pid
  readonly before: Family
  readonly command: Command
}

const LOG_LINE_MAX = 400
/** Rows of the terminal that are left to the shell. */
const ROWS_LEFT = 2

/** The reporter that fits the terminal. */
export function reporter(host: Host, terminal: Terminal, options: ReporterOptions): Reporter {
  if (options.isQuiet) return { say: () => undefined, look: () => undefined, [Symbol.dispose]: () => undefined }
  return terminal.isLive ? liveReporter(host, terminal, options) : plainReporter(host, terminal, options)
}

function liveReporter(host: Host, terminal: Terminal, { command }: ReporterOptions): Reporter {
  const block = screen(terminal.err, wantsColours(terminal.env))
  const progress = new Map<Pid, string>()
  const logs = host.news.listen((news) => {
    if (news.type === 'log') block.print(`${shortPid(news.pid)}  ${oneLine(news.text, LOG_LINE_MAX)}`)
    else if (news.type === 'progress') progress.set(news.pid, oneLine(news.text))
    else if (news.type === 'rested') progress.delete(news.pid)
  })
  return {
    say: (text) => block.print(text),
    look: (family) => {
      const rowsMax = Math.max(1, Math.min(PROGRESS_ROWS_MAX, terminal.rows() - ROWS_LEFT))
      block.draw(layOut(treeRows(family, Date.now(), { command, progress }), { columns: terminal.columns(), rowsMax }))
    },
    [Symbol.dispose]: () => {
      logs[Symbol.dispose]()
      block[Symbol.dispose]()
    },
  }
}

function plainReporter(host: Host, terminal: Terminal, { pid, before }: ReporterOptions): Reporter {
  const say = (line: string): void => terminal.err(`${line}\n`)
  const plain = new PlainProgress(say, Date.now, pid)
  for (const { view, story } of before.members.values()) plain.knows(view.pid, story)
  const listening = host.news.listen((news) => plain.hear(news))
  return {
    say,
    look: () => undefined,
    [Symbol.dispose]: () => {
      listening[Symbol.dispose]()
      plain[Symbol.dispose]()
    },
  }
}
