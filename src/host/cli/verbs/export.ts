import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Query } from '../../../engine/index.ts'
import { SkeinError } from '../../../std/index.ts'
import { headLine, journalLine } from '../../journals/journal-file.ts'
import { factsOf } from '../../operate/upgrade.ts'
import { isEnded } from '../../views/rest.ts'
import { countWords } from '../../words/amounts.ts'
import { withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { Verb } from '../verb.ts'

/** Journals hold what users said and what tools answered: nobody else reads the file. */
const FILE_MODE = 0o600

/** `skein export`. */
export const exportJournals: Verb = {
  name: 'export',
  summary: 'write the journals of runs that have not ended to a file, for skein check',
  about: [
    'JSON lines, one process a line; the form is described in docs/journals.md.',
    'The file holds inputs and outcomes as they are, because code is replayed against them: keep it where the data folder may be.',
  ].join('\n'),
  positionals: [],
  flags: {
    journals: { value: 'FILE', help: 'where to write them' },
    workflow: { value: 'NAME', help: 'only processes of this definition' },
    all: { help: 'those that have ended, too' },
  },
  examples: ['skein export --journals prod.jsonl', 'skein export --journals prod.jsonl --workflow article'],
  run: async (typed, terminal) => {
    const path = typed.text('journals')
    if (path === undefined) throw new SkeinError('USAGE', 'skein export: say where to: skein export --journals FILE')
    return withReader(typed, terminal, async (reader) => {
      await using file = await open(resolve(terminal.cwd, path), 'w', FILE_MODE)
      await file.write(headLine())
      let processes = 0
      const workflow = typed.text('workflow')
      const query: Query = workflow === undefined ? {} : { workflow }
      for await (const view of reader.list(query)) {
        const facts = typed.has('all') || !isEnded(view.status) ? await factsOf(reader, view.pid) : []
        if (facts.length === 0) continue
        processes += 1
        await file.write(journalLine(view, facts))
      }
      if (typed.has('json')) terminal.out(jsonLine({ file: path, processes }))
      else terminal.out(`${countWords(processes, 'process')} written to ${path}\n`)
      return 0
    })
  },
}
