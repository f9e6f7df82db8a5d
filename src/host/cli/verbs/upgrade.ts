import { SkeinError } from '../../../std/index.ts'
import type { Pid } from '../../../std/index.ts'
import { unfinished } from '../../operate/bulk.ts'
import { findProcess } from '../../operate/find.ts'
import type { Reader } from '../../operate/find.ts'
import { upgradeProcess } from '../../operate/upgrade.ts'
import type { Upgradable } from '../../operate/upgrade.ts'
import { loadFile } from '../../load/definitions.ts'
import type { LoadedFile } from '../../load/definitions.ts'
import type { AnyDefinition } from '../../../kernel/index.ts'
import type { Command } from '../../words/command.ts'
import { upgradeLines, upgradeWords } from '../../words/upgrade.ts'
import { BY_FLAG } from '../act.ts'
import { actOnMany, areMany, FILTER_HELP, MANY_FLAGS } from '../bulk.ts'
import { actorName, shownCommand, withActor, withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import { textOf } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** The exit code of what cannot go on by itself. */
const PARKED = 4

/** `skein upgrade`. */
export const upgrade: VerbBody = {
  about: [
    'The new code is run against the journal with nothing decided, started or sent. If what was done can have been done by it,',
    'the run moves; else it says which calls may have been done already, and you say what is to become of each.',
    'A live owner of the data folder moves the run to the code that it has loaded; without one it moves with the next skein run.',
    'With --where it takes all that fit, each to its own file or to the one named; those that it cannot move are said, and stay.',
    '',
    FILTER_HELP,
  ].join('\n'),
  positionals: [
    { name: 'pid', optional: true },
    { name: 'file', optional: true },
  ],
  flags: {
    'dry-run': { help: 'only say what it would come to' },
    reuse: { value: 'EFFECTS', help: 'these were done: they get the outcome they had (names or keys, with commas)' },
    new: { value: 'EFFECTS', help: 'these are to be done, whatever was done before' },
    fail: { value: 'EFFECTS', help: 'these are to fail' },
    by: BY_FLAG,
    ...MANY_FLAGS,
  },
  examples: [
    'skein upgrade a1 --dry-run',
    'skein upgrade a1 article.ts',
    'skein upgrade a1 --reuse charge --new mail',
    'skein upgrade --where workflow=article,status=parked --yes',
    'skein upgrade article-2.ts --where workflow=article --yes',
  ],
  run: async (typed, terminal) => {
    const about = {
      said: { reuse: namesIn(typed, 'reuse'), new: namesIn(typed, 'new'), fail: namesIn(typed, 'fail') },
      by: actorName(typed),
      isDry: typed.has('dry-run'),
    }
    if (typed.text('where') !== undefined) return upgradeMany(typed, terminal, about)
    areMany(typed, 'upgrade')
    const [asked = '', file] = typed.positionals
    const definition = await withReader(typed, terminal, (reader) => definitionFor(reader, asked, { file, terminal }))
    const act = about.isDry ? withReaderAsActor : withActor
    return act(typed, terminal, async (engine) => {
      const { report, pid } = await upgradeProcess(engine, asked, definition, about)
      const isParked = report.outcome === 'parked'
      if (typed.has('json')) terminal.out(jsonLine({ ...report, asked: !isParked && !about.isDry }))
      else {
        terminal.out(textOf(upgradeLines(report)))
        if (isParked && report.ambiguous.length > 0) terminal.err(`${verdictWords(shownCommand(typed), pid, file)}\n`)
        else if (!isParked && !about.isDry) terminal.out(`${pid} moves when nothing of it is under way\n`)
      }
      return isParked ? PARKED : 0
    })
  },
}

const namesIn = (typed: Typed, flag: string): readonly string[] =>
  (typed.text(flag) ?? '').split(',').filter((name) => name !== '')

function verdictWords(command: Command, pid: Pid, file?: string): string {
  const words = file === undefined ? [pid] : [pid, file]
  return `say what is to become of each, with --reuse, --new or --fail: ${command('upgrade', ...words, '--reuse', '<names>')}`
}

type About = Parameters<typeof upgradeProcess>[3]

/** Each by itself: one that cannot be moved does not stop the others. */
function upgradeMany(typed: Typed, terminal: Terminal, about: About): Promise<number> {
  const [file] = typed.positionals
  if (about.isDry && typed.has('yes'))
    throw new SkeinError('USAGE', 'skein upgrade: --dry-run and --yes are two things; leave out one of them')
  return actOnMany(typed, terminal, {
    verb: 'upgrade',
    done: 'moves',
    pick: unfinished,
    isTree: false,
    act: async (engine, { pid }) => {
      const { report } = await upgradeProcess(engine, pid, await definitionFor(engine, pid, { file, terminal }), about)
      if (report.outcome === 'parked')
        throw new SkeinError(
          'UPGRADE_AMBIGUOUS',
          `${upgradeWords(report)}${report.ambiguous.length === 0 ? '' : `; ${verdictWords(shownCommand(typed), pid, file)}`}`,
        )
    },
  })
}

type Acting = (engine: Upgradable) => Promise<number>

/** A dry run reads only: it needs no owner, and disturbs none. */
function withReaderAsActor(typed: Typed, terminal: Terminal, act: Acting): Promise<number> {
  const refuse = (): never => {
    throw new SkeinError('INTERNAL', 'a dry run changes nothing')
  }
  return withReader(typed, terminal, (reader) => act({ ...reader, control: refuse }))
}

/** The definition of the run in the file that was named, or in the one that it was started with. */
async function definitionFor(
  reader: Reader,
  pid: string,
  { file, terminal }: { readonly file: string | undefined; readonly terminal: Terminal },
): Promise<AnyDefinition> {
  const view = await reader.inspect(await findProcess(reader, pid))
  const root = view === undefined ? undefined : await reader.inspect(view.root)
  const path = file ?? view?.file ?? root?.file
  if (path === undefined)
    throw new SkeinError(
      'USAGE',
      `skein upgrade: it is not known which file ${pid} was started from; name it: skein upgrade ${pid} FILE`,
    )
  return definitionNamed(await loadFile(path, terminal.cwd), view?.workflow ?? '', path)
}

/** The definition of that name in a file. Throws `DEFINITION_LOAD_FAILED`. */
export function definitionNamed({ main, named }: LoadedFile, name: string, path: string): AnyDefinition {
  const found = [main, ...named.values()].find((definition) => definition?.name === name)
  if (found !== undefined) return found
  throw new SkeinError('DEFINITION_LOAD_FAILED', `${path} defines no ${name}; name the file that does`)
}
