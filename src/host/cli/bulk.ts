/** What verbs that act on one or many share: `--where`, the dry run before it, and a line for each that was acted on. */
import { SkeinError } from '../../std/index.ts'
import type { Operable } from '../operate/acts.ts'
import { actOnEach, targetsOf } from '../operate/bulk.ts'
import type { Pick, Target } from '../operate/bulk.ts'
import { TERMS } from '../views/filter.ts'
import { shortPid } from '../words/pid.ts'
import { shownCommand, withActor, withReader } from './folder.ts'
import { jsonLine } from './json.ts'
import { table, textOf } from './table.ts'
import type { Terminal } from './terminal.ts'
import { tellUnread } from './unread.ts'
import type { Flag, Typed } from './verb.ts'

/** The flags of a verb that takes many. */
export const MANY_FLAGS: Readonly<Record<'where' | 'yes', Flag>> = {
  where: {
    value: 'FILTER',
    help: 'all that fit: status=failed,error=EFFECT_TIMEOUT,older=1h (a dry run without --yes)',
  },
  yes: { help: 'with --where: do it' },
}

/** The words of the filter, for help. */
export const FILTER_HELP = [
  'filters: terms with commas between them, all of which must hold; a|b is one of both, name* a beginning:',
  ...Object.entries(TERMS).map(([term, meaning]) => `  ${term}= ${meaning}`),
].join('\n')

/** An act on many. */
export type Many = {
  readonly verb: string
  /** `retried`. */
  readonly done: string
  readonly pick: Pick
  /** Acting on a process acts on all below it. */
  readonly isTree: boolean
  readonly act: (engine: Operable, target: Target, about: { readonly hosted: boolean }) => Promise<unknown>
}

/** Whether many are meant. Throws `USAGE` where neither or both are named. */
export function areMany(typed: Typed, verb: string): boolean {
  const [one] = typed.positionals
  if ((one === undefined) === (typed.text('where') !== undefined)) return one === undefined
  const what =
    one === undefined ? 'say which: a name, or many with --where status=failed' : 'a name and --where are two things'
  throw new SkeinError('USAGE', `skein ${verb}: ${what}. See: skein ${verb} --help`)
}

/** Acts on all that fit, or shows them. Returns the exit code: 1 when one of them could not be acted on. */
export function actOnMany(typed: Typed, terminal: Terminal, many: Many): Promise<number> {
  const where = typed.text('where') ?? ''
  const { pick, isTree } = many
  if (!typed.has('yes'))
    return withReader(typed, terminal, async (reader) => {
      const { targets, unread } = await targetsOf(reader, where, pick, { isTree })
      if (typed.has('json'))
        terminal.out(jsonLine({ dryRun: true, targets, ...(unread.length === 0 ? {} : { unread }) }))
      else show(targets, typed, terminal, many)
      return tellUnread(unread, typed, terminal) === 0 ? 0 : 1
    })
  return withActor(typed, terminal, async (engine, about) => {
    const { targets, unread } = await targetsOf(engine, where, pick, { isTree })
    let failed = tellUnread(unread, typed, terminal)
    const total = targets.length + failed
    if (typed.has('json'))
      for (const { unread: error, ...process } of unread) terminal.out(jsonLine({ ...process, ok: false, error }))
    const isWell = await actOnEach(
      targets,
      (target) => many.act(engine, target, about),
      ({ target, error }) => {
        if (error !== undefined) failed += 1
        if (typed.has('json'))
          terminal.out(jsonLine({ ...target, ok: error === undefined, ...(error === undefined ? {} : { error }) }))
        else if (error === undefined) terminal.out(`${many.done} ${nameOf(target)}\n`)
        else terminal.err(`error ${error.code}: ${nameOf(target)}: ${error.message}\n`)
      },
    )
    if (!typed.has('json')) {
      terminal.out(`${many.done} ${total - failed} of ${total}\n`)
      if (!about.hosted && total > failed)
        terminal.out('nobody runs this data folder now; it goes on when somebody does\n')
    }
    return isWell && unread.length === 0 ? 0 : 1
  })
}

const nameOf = ({ pid, effect }: Target): string =>
  effect === undefined ? shortPid(pid) : `${shortPid(pid)}/${effect}`

function show(targets: readonly Target[], typed: Typed, terminal: Terminal, { verb }: Many): void {
  if (targets.length === 0) return terminal.out('nothing fits\n')
  const rows = targets.map((target) => [nameOf(target), target.definition, target.why])
  terminal.out(textOf(table(['PROCESS', 'DEFINITION', 'WHY'], rows)))
  const command = shownCommand(typed)(
    verb,
    ...typed.positionals,
    '--where',
    typed.text('where') ?? '',
    ...others(typed),
    ...attemptOf(targets, typed),
    '--yes',
  )
  terminal.out(`${targets.length} in all; nothing was done. To do it: ${command}\n`)
}

/** What was shown is what the command is about: one that is in doubt anew by then is refused. */
function attemptOf([first, ...rest]: readonly Target[], typed: Typed): readonly string[] {
  const attempt = first?.attempt ?? 0
  if (attempt === 0 || typed.has('attempt') || rest.some((other) => other.attempt !== attempt)) return []
  return ['--attempt', String(attempt)]
}

/** The other flags as they were typed, so that the command shown does the same. */
function others(typed: Typed): readonly string[] {
  return ['reuse', 'new', 'done', 'again', 'fail', 'attempt', 'reason', 'by', 'budget', 'drop-after', 'now'].flatMap(
    (flag) => {
      if (!typed.has(flag)) return []
      const value = typed.text(flag)
      return value === undefined ? [`--${flag}`] : [`--${flag}`, value]
    },
  )
}
