/** Conducts a run on the command line: resumes it, shows it, answers for it where told to, and says how it ended. */
import { relative } from 'node:path'
import { nodeHash, readEmbedded } from '../../engine/index.ts'
import { failureOf, valueOf } from '../../kernel/index.ts'
import type { Outcome } from '../../kernel/index.ts'
import { errorFromData, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import type { StartableHost } from '../hosting/host.ts'
import type { Started } from '../hosting/start.ts'
import { placeOf } from '../load/failure.ts'
import { decideApproval } from '../operate/acts.ts'
import { spentBelow } from '../progress/tree.ts'
import { UNTAKEN_MS } from '../limits.ts'
import { followRun } from '../progress/follow.ts'
import type { Followed } from '../progress/follow.ts'
import { runErased } from '../skein.ts'
import { Family } from '../views/family.ts'
import { isEnded, restExitCode } from '../views/rest.ts'
import type { Need } from '../views/rest.ts'
import { amountsWords, countWords, elapsedWords } from '../words/amounts.ts'
import type { Command } from '../words/command.ts'
import { needCommands, needName, needWords } from '../words/need.ts'
import { keptOf, keptWords } from '../words/resumed.ts'
import { statusWords } from '../words/state.ts'
import { toJson } from '../words/value.ts'
import { exitCodeOf, printFailure } from './failure.ts'
import { located } from './folder.ts'
import type { Interrupt } from './interrupt.ts'
import { jsonLine, needJson, outcomeJson } from './json.ts'
import { reporter } from './reporter.ts'
import type { Terminal } from './terminal.ts'

/** How a run is conducted. */
export type Conduct = {
  readonly pid: Pid
  readonly start: () => Promise<Started>
  /** Writes the commands that answer what it waits for. */
  readonly command: Command
  /** The command that resumes it. */
  readonly rerun: string
  readonly isYes: boolean
  readonly isJson: boolean
  readonly interrupt: Interrupt
  /** What there is to say before it goes on: whether its code was changed, and what that comes to. */
  readonly found?: () => Promise<readonly string[]>
  /** Where the host's own lines go; taken over by what shows the run. */
  readonly lines: Lines
}

/** A place for lines, which may move. */
export type Lines = { say: (line: string) => void }

const INDENT = 2

/** Runs it. Returns the exit code. */
export async function conduct(host: StartableHost, terminal: Terminal, how: Conduct): Promise<number> {
  const { pid, interrupt } = how
  const reader = located(host.engine, host.folder, terminal.cwd)
  const family = new Family(reader, pid)
  await family.readAll()
  using report = reporter(host, terminal, { isQuiet: how.isJson, pid, before: family, command: how.command })
  how.lines.say = (line) => report.say(line)
  using _uncaught = terminal.uncaught((thrown) => giveUp(thrown, report, terminal, how))
  if (family.root !== undefined) report.say(await resumeLine(host, pid))
  for (const line of (await how.found?.()) ?? []) report.say(line)
  await host.begin()
  await how.start()
  const noteUntaken = untakenNote(host, how, (line) => report.say(line))
  const follower = {
    looked: (now: Family) => {
      report.look(now)
      noteUntaken(now)
    },
    resting: (needs: readonly Need[]) => whenResting(host, needs, how, terminal),
  }
  const at = await followRun(host, family, pid, follower, interrupt.signal)
  report[Symbol.dispose]()
  return finish(at, family, terminal, how)
}

/** On an engine that workers share: says once that nobody takes the run, when it has been ready for a while. */
function untakenNote({ isOnEngine }: StartableHost, how: Conduct, say: (line: string) => void): (now: Family) => void {
  let since = performance.now()
  let isSaid = !isOnEngine || how.isJson
  return ({ root }) => {
    if (root?.view.status !== 'ready') since = performance.now()
    if (isSaid || performance.now() - since < UNTAKEN_MS) return
    isSaid = true
    say(`no worker takes ${how.pid}; if none runs: ${how.command('worker', root?.view.file ?? '<file>')}`)
  }
}

/** Code of the user's threw where nobody could catch it: the process cannot be trusted any more, the journal can. */
function giveUp(thrown: unknown, report: Disposable, terminal: Terminal, how: Conduct): never {
  report[Symbol.dispose]()
  const place = thrown instanceof Error ? placeOf(thrown.stack ?? '') : undefined
  const where = place === undefined ? '' : ` at ${relative(terminal.cwd, place.file)}:${place.line}`
  const said = thrown instanceof Error ? thrown.message : String(thrown)
  const error = new SkeinError(
    'WORKFLOW_FAILED',
    `something was thrown${where} that nobody caught: ${said}; await every promise`,
    { cause: thrown },
  )
  const code = printFailure(error, terminal, how.isJson)
  if (!how.isJson) terminal.err(`nothing is lost; ${how.pid} goes on with: ${how.rerun}\n`)
  return terminal.die(code)
}

/** Read beside the engine, because only a reader sees what was answered and not heard yet. */
async function resumeLine(host: StartableHost, pid: Pid): Promise<string> {
  using reader = host.isOnEngine ? undefined : readEmbedded(host.folder, nodeHash)
  const before = new Family(reader ?? host.engine, pid)
  await before.readAll()
  if (before.root !== undefined && isEnded(before.root.view.status))
    return `${pid} has ended before; nothing is done again`
  return keptWords(pid, keptOf(before))
}

/** True to go on following: somebody (or --yes) may answer while we watch. */
async function whenResting(
  host: StartableHost,
  needs: readonly Need[],
  how: Conduct,
  terminal: Terminal,
): Promise<boolean> {
  const approvals = needs.flatMap((need) => (need.kind === 'approval' ? [need] : []))
  if (how.isYes && approvals.length > 0) {
    for (const need of approvals)
      await decideApproval(host.engine, `${need.member.view.pid}/${need.entry.key}`, 'approved', { by: '--yes' })
    return true
  }
  const isForPeople = restExitCode(needs) === WAITING
  return isForPeople && terminal.isLive && !how.isJson
}

/** The exit code of a run that waits for somebody. */
const WAITING = 3

function finish(at: Followed, family: Family, terminal: Terminal, how: Conduct): number {
  switch (at.type) {
    case 'ended':
      return finishEnded(at.outcome, family, terminal, how)
    case 'resting':
      return finishResting(at.needs, family, terminal, how)
    case 'stopped':
      if (how.isJson) terminal.out(jsonLine({ ...figures(family, how.pid), status: 'stopped' }))
      else
        terminal.err(`${how.pid} is kept; it goes on with: ${how.rerun}
`)
      return how.interrupt.exitCode()
  }
}

function finishEnded(outcome: Outcome, family: Family, terminal: Terminal, how: Conduct): number {
  if (outcome.type === 'ok' && outcome.value.erased === true) return printFailure(runErased(), terminal, how.isJson)
  const failure = failureOf(outcome)
  if (how.isJson) {
    terminal.out(
      jsonLine({ ...figures(family, how.pid), ...(outcomeJson(outcome) as object), status: family.root?.view.status }),
    )
    return failure === undefined ? 0 : exitCodeOf(failure.code)
  }
  terminal.err(`${summaryLine(family, how.pid)}\n`)
  if (failure === undefined) {
    const value = outcome.type === 'ok' ? valueOf(outcome.value) : undefined
    if (value !== undefined)
      terminal.out(`${typeof value === 'string' ? value : toJson(value, INDENT)}
`)
    return 0
  }
  return printFailure(errorFromData(failure), terminal, false)
}

/** `a1 done in 2.4s: 8 processes, 8 effects, 2.1s in effects`. */
function summaryLine(family: Family, pid: Pid): string {
  const root = family.root
  if (root === undefined) return pid
  const { view } = root
  const counted = figures(family, pid)
  const repeated = counted.repeated === 0 ? '' : `, ${counted.repeated} repeated`
  const took = elapsedWords((view.endedAt ?? Date.now()) - view.createdAt)
  const used = `${countWords(counted.processes, 'process')}, ${countWords(counted.effects, 'effect')}${repeated}`
  return `${pid} ${statusWords(view.status).text} in ${took}: ${used}, ${amountsWords({ ...counted.spent, processes: 0 })}`
}

function finishResting(needs: readonly Need[], family: Family, terminal: Terminal, how: Conduct): number {
  const code = restExitCode(needs)
  if (how.isJson) {
    const status = code === WAITING ? 'waiting' : code === 4 ? 'parked' : 'budget'
    terminal.out(
      jsonLine({ ...figures(family, how.pid), status, needs: needs.map((need) => needJson(need, how.command)) }),
    )
    return code
  }
  for (const need of needs) {
    const head =
      need.kind === 'parked' || need.kind === 'operator'
        ? 'PARKED'
        : need.kind === 'budget'
          ? 'OUT OF BUDGET'
          : 'WAITING'
    terminal.err(`${needName(need)}  ${head}  ${needWords(need)}
${needCommands(need, how.command)
  .map(
    (line) => `    ${line}
`,
  )
  .join('')}`)
  }
  terminal.err(`${how.pid} is kept; when that is answered it goes on with: ${how.rerun}
`)
  return code
}

function figures(family: Family, pid: Pid) {
  const members = [...family.members.values()]
  const root = family.root
  return {
    id: pid,
    processes: members.length,
    effects: members.reduce((sum, member) => sum + member.story.effectCount, 0),
    repeated: members.reduce((sum, member) => sum + member.story.repeated, 0),
    spent: root === undefined ? {} : spentBelow(family, root),
  }
}
