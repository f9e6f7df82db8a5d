/** What all acting verbs share: the act, the line that says so, and how the process goes on where nobody hosts it. */
import type { Payload } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { Operable } from '../operate/acts.ts'
import type { Command } from '../words/command.ts'
import { shortPid } from '../words/pid.ts'
import { payloadWords } from '../words/value.ts'
import { shownCommand, withActor } from './folder.ts'
import { jsonLine } from './json.ts'
import type { Terminal } from './terminal.ts'
import type { Flag, Typed } from './verb.ts'

/** Who acts. */
export const BY_FLAG: Flag = {
  value: 'NAME',
  help: 'who acts, as it will stand in the journal (default: your user name)',
}

/** What was acted on. */
export type ActedOn = {
  readonly pid: Pid
  readonly name?: string
  readonly args?: Payload
  readonly note?: string | undefined
}

/** Does it durably and says so. Returns the exit code. */
export function actOn(
  typed: Typed,
  terminal: Terminal,
  done: string,
  act: (engine: Operable, about: { readonly hosted: boolean }) => Promise<ActedOn>,
): Promise<number> {
  return withActor(typed, terminal, async (engine, { hosted }) => {
    const { pid, name, args, note } = await act(engine, { hosted })
    const full = name === undefined ? shortPid(pid) : `${shortPid(pid)}/${name}`
    const goOn = hosted ? undefined : await goOnCommand(engine, pid, shownCommand(typed))
    if (typed.has('json'))
      terminal.out(
        jsonLine({
          pid,
          ...(name === undefined ? {} : { name }),
          done,
          hosted,
          ...(note === undefined ? {} : { note }),
          ...(goOn === undefined ? {} : { next: goOn }),
        }),
      )
    else {
      terminal.out(
        `${done} ${full}${args === undefined ? '' : ` ${payloadWords(args)}`}${note === undefined ? '' : ` (${note})`}\n`,
      )
      if (goOn !== undefined) terminal.out(`nobody runs this data folder now; it goes on with: ${goOn}\n`)
    }
    return 0
  })
}

/** The command that hosts the run again; undefined when it has ended or its file is not known. */
async function goOnCommand(engine: Operable, pid: Pid, command: Command): Promise<string | undefined> {
  const view = await engine.inspect(pid)
  const root = view === undefined ? undefined : await engine.inspect(view.root)
  if (root?.file === undefined || root.endedAt !== undefined) return undefined
  return command('run', root.file, '--id', root.pid)
}
