import { resolve } from 'node:path'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../../engine/index.ts'
import { SkeinError } from '../../../std/index.ts'
import type { Pid } from '../../../std/index.ts'
import { openNamed, shownAddress } from '../../engines/engine-address.ts'
import { findProcess } from '../../operate/find.ts'
import type { Unread } from '../../operate/find.ts'
import { callBack, moveRun, runOf } from '../../operate/move.ts'
import type { Move, MoveEnd } from '../../operate/move.ts'
import { targetsOf } from '../../operate/bulk.ts'
import { countWords } from '../../words/amounts.ts'
import { BY_FLAG } from '../act.ts'
import { FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName, demandFolder } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { Terminal } from '../terminal.ts'
import { tellUnread } from '../unread.ts'
import type { Typed, VerbBody } from '../verb.ts'

const PIDS_MAX = 16

/** `skein move`. */
export const move: VerbBody = {
  about:
    'An address is a data folder, postgres://… or restate://…; the name of a process means its whole run. A run moves when all\n' +
    'its processes rest, with its journal, its mail and what it waits for; its waits are heard where it went from then on.\n' +
    'Where it was, its journal is left, and whoever asks for it is told where it went. Nobody may own a data folder meanwhile;\n' +
    'workers may run (on Restate they must).\n' +
    `A move that was broken off is ended by the same command, or called off by the same with --back.\n\n${FILTER_HELP}`,
  positionals: Array.from({ length: PIDS_MAX }, () => ({ name: 'pid', optional: true })),
  flags: {
    from: { value: 'ADDRESS', help: 'where the runs are' },
    to: { value: 'ADDRESS', help: 'where they go' },
    back: { help: 'call a move off that was broken off: the runs go on where they were' },
    by: BY_FLAG,
    ...MANY_FLAGS,
  },
  examples: [
    'skein move a1 --from .skein --to postgres://app@db/app',
    'skein move --from .skein --to postgres://app@db/app --where status=waiting --yes',
    'skein move a1 --from postgres://app@db/app --to restate://127.0.0.1:8080',
    'skein move a1 --from postgres://app@db/app --to restate://127.0.0.1:8080 --back',
  ],
  async run(typed, terminal) {
    const [from, to] = [addressOf(typed, 'from', terminal), addressOf(typed, 'to', terminal)]
    if (from === to) throw new SkeinError('USAGE', 'skein move: --from and --to are the same place')
    if ((typed.positionals.length === 0) === (typed.text('where') === undefined))
      throw new SkeinError('USAGE', 'skein move: say which, by names or with --where. See: skein move --help')
    if (typed.has('back') && typed.text('where') !== undefined)
      throw new SkeinError('USAGE', 'skein move: --back calls off moves of runs that are named. See: skein move --help')
    if (!isAddress(from)) demandFolder(from, terminal)
    await using source = await opened(from, terminal)
    await using target = await opened(to, terminal)
    const about: Move = {
      from: source,
      to: target,
      source: shownAddress(from),
      target: shownAddress(to),
      by: actorName(typed),
      random: nodeRandom,
    }
    const { roots, unread } = await rootsOf(about, typed, terminal)
    const isDry = typed.text('where') !== undefined && !typed.has('yes')
    const code = isDry ? dryRun(typed, terminal, roots) : await moveAll(typed, terminal, { about, roots })
    return code === 0 && unread > 0 ? 1 : code
  },
}

const isAddress = (text: string): boolean => text.includes('://')

function addressOf(typed: Typed, flag: 'from' | 'to', { cwd }: Terminal): string {
  const text = typed.text(flag)
  if (text === undefined) throw new SkeinError('USAGE', `skein move: say where, with --${flag}. See: skein move --help`)
  return isAddress(text) ? text : resolve(cwd, text)
}

/** Not to run anything there: only to take what rests. */
async function opened(address: string, { env }: Terminal): Promise<MoveEnd & AsyncDisposable> {
  if (!isAddress(address))
    return openEmbedded({ folder: address, clock: nodeClock, hash: nodeHash, random: nodeRandom })
  return openNamed(address, { env, serve: false })
}

async function rootsOf(about: Move, typed: Typed, terminal: Terminal): Promise<Roots> {
  const { from } = about
  const where = typed.text('where')
  const runsOf = async (pids: readonly Pid[]): Promise<readonly Pid[]> => [
    ...new Set(await Promise.all(pids.map((pid) => runOf(about, pid)))),
  ]
  if (where === undefined)
    return {
      roots: await runsOf(await Promise.all(typed.positionals.map((text) => findProcess(from, text)))),
      unread: 0,
    }
  const { pids, unread } = await fitting(from, where)
  // And those whose move was broken off: where they were they fit nothing any more.
  const roots = await runsOf([...(await from.unconfirmed(about.target)), ...pids])
  return { roots, unread: tellUnread(unread, typed, terminal) }
}

/** What is meant, and how many may be meant and cannot be read. */
type Roots = { readonly roots: readonly Pid[]; readonly unread: number }

async function fitting(
  from: MoveEnd,
  where: string,
): Promise<{ readonly pids: readonly Pid[]; readonly unread: readonly Unread[] }> {
  const { targets, unread } = await targetsOf(from, where, ({ view }) => [{ why: view.status }], { isTree: true })
  // What has left fits by its row still.
  const here = new Set(await from.present(targets.map(({ pid }) => pid)))
  return { pids: targets.flatMap(({ pid }) => (here.has(pid) ? [pid] : [])), unread }
}

function dryRun(typed: Typed, terminal: Terminal, roots: readonly Pid[]): number {
  if (typed.has('json')) terminal.out(jsonLine({ dryRun: true, roots }))
  else
    terminal.out(
      roots.length === 0
        ? 'nothing fits\n'
        : `${roots.join('\n')}\n${countWords(roots.length, 'run')} in all; nothing was done. To do it, add --yes\n`,
    )
  return 0
}

async function moveAll(
  typed: Typed,
  terminal: Terminal,
  { about, roots }: { readonly about: Move; readonly roots: readonly Pid[] },
): Promise<number> {
  let isWell = true
  for (const root of roots) {
    try {
      await moveOne(typed, terminal, { about, root })
    } catch (thrown) {
      if (!SkeinError.isInstance(thrown) || roots.length === 1) throw thrown
      isWell = false
      terminal.err(`error ${thrown.code}: ${root}: ${thrown.message}\n`)
    }
  }
  return isWell ? 0 : 1
}

async function moveOne(
  typed: Typed,
  terminal: Terminal,
  { about, root }: { readonly about: Move; readonly root: Pid },
): Promise<void> {
  const { source, target } = about
  if (typed.has('back')) {
    await callBack(about, root)
    if (typed.has('json')) return terminal.out(jsonLine({ root, back: source, ok: true }))
    return terminal.out(`${root} goes on in ${source}\n`)
  }
  const processes = await moveRun(about, root)
  if (typed.has('json')) terminal.out(jsonLine({ root, processes, to: target, ok: true }))
  else terminal.out(`moved ${root} (${countWords(processes, 'process')}) to ${target}\n`)
}
