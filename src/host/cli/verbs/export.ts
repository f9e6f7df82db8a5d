import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ProcessView, Query } from '../../../engine/index.ts'
import type { Fact } from '../../../kernel/index.ts'
import { SkeinError } from '../../../std/index.ts'
import type { Pid } from '../../../std/index.ts'
import { headLine, journalLine } from '../../journals/journal-file.ts'
import { MaskDesk } from '../../journals/mask-desk.ts'
import { isUnreadable, unreadOf } from '../../operate/find.ts'
import type { Reader, Unread } from '../../operate/find.ts'
import { factsOf } from '../../operate/upgrade.ts'
import { isEnded } from '../../views/rest.ts'
import { countWords } from '../../words/amounts.ts'
import { withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { Terminal } from '../terminal.ts'
import { tellUnread } from '../unread.ts'
import { FILES } from '../verb.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** Journals hold what users said and what tools answered: nobody else reads the file. */
const FILE_MODE = 0o600
/** Runs that are named as left out. */
const NAMED_MAX = 20

/** `skein export`. */
export const exportJournals: VerbBody = {
  about: [
    'JSON lines, one process a line; the form is described in docs/journals.md.',
    'The file holds inputs and outcomes as they are, because code is replayed against them: keep it where the data folder may be.',
    'With --mask every string in them becomes another of the same shape, but for what stands between quotes in the code.',
    'The code of each run is replayed over them, from the file that the folder remembers or those named here;',
    'a run that cannot be masked is left out, and counted.',
  ].join('\n'),
  positionals: FILES,
  flags: {
    journals: { value: 'FILE', help: 'where to write them' },
    workflow: { value: 'NAME', help: 'only processes of this definition' },
    all: { help: 'those that have ended, too' },
    mask: { help: 'without what people, models and tools have said' },
  },
  examples: [
    'skein export --journals prod.jsonl',
    'skein export --journals prod.jsonl --workflow article',
    'skein export --journals prod.jsonl --mask',
  ],
  run: async (typed, terminal) => {
    const path = typed.text('journals')
    if (path === undefined) throw new SkeinError('USAGE', 'skein export: say where to: skein export --journals FILE')
    if (typed.positionals.length > 0 && !typed.has('mask'))
      throw new SkeinError('USAGE', 'skein export: files of code are for --mask; leave them out, or add it')
    return withReader(typed, terminal, async (reader) => {
      await using file = await open(resolve(terminal.cwd, path), 'w', FILE_MODE)
      await file.write(headLine())
      const workflow = typed.text('workflow')
      const query: Query = workflow === undefined ? {} : { workflow }
      const desk = typed.has('mask') ? await maskDesk(reader, query, typed, terminal) : undefined
      let processes = 0
      const unmasked: string[] = []
      const unread: Unread[] = []
      for await (const view of reader.list(query)) {
        const isMeant = typed.has('all') || !isEnded(view.status)
        const facts = isMeant ? await factsOf(reader, view.pid).catch((thrown) => noteUnread(view, thrown, unread)) : []
        if (facts.length === 0) continue
        processes += 1
        if (desk === undefined) await file.write(journalLine(view, facts))
        else {
          const masked = await desk.mask(view, facts)
          await file.write(journalLine(masked.view, masked.facts, masked.unmaskable))
          if (masked.unmaskable !== undefined) unmasked.push(`${view.pid} is left out: ${masked.unmaskable}`)
        }
      }
      const unmaskable = unmasked.length
      if (typed.has('json'))
        terminal.out(
          jsonLine({
            file: path,
            processes,
            ...(desk === undefined ? {} : { unmaskable }),
            ...(unread.length === 0 ? {} : { unread }),
          }),
        )
      else {
        const left = unmaskable === 0 ? '' : `, ${unmaskable} of them without their journal`
        terminal.out(`${countWords(processes, 'process')} written to ${path}${left}\n`)
        for (const line of unmasked.slice(0, NAMED_MAX)) terminal.out(`${line}\n`)
        if (unmaskable > NAMED_MAX) terminal.out(`and ${unmaskable - NAMED_MAX} more; skein check lists them all\n`)
      }
      return tellUnread(unread, typed, terminal) === 0 ? 0 : 1
    })
  },
}

/** One that cannot be read keeps no other out of the file. */
function noteUnread(view: ProcessView, thrown: unknown, unread: Unread[]): readonly Fact[] {
  if (!isUnreadable(thrown)) throw thrown
  unread.push(unreadOf(view, thrown))
  return []
}

/** Knows the code of all that may be written: a child has no file of its own. */
async function maskDesk(reader: Reader, query: Query, typed: Typed, terminal: Terminal): Promise<MaskDesk> {
  const desk = new MaskDesk(terminal.cwd, (line) => terminal.err(`${line}\n`))
  for (const path of typed.positionals) await desk.take(path)
  const roots = new Set<Pid>()
  for await (const { root } of reader.list(query)) roots.add(root)
  for (const root of roots) {
    const file = (await reader.inspect(root))?.file
    if (file !== undefined) await desk.take(file)
  }
  return desk
}
