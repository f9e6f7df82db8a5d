import { shownTarget } from '../../operate/switch.ts'
import { elapsedWords } from '../../words/amounts.ts'
import { withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import { table, textOf } from '../table.ts'
import type { VerbBody } from '../verb.ts'

/** `skein switches`. */
export const switches: VerbBody = {
  positionals: [],
  flags: {},
  examples: ['skein switches', 'skein switches --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const all = await reader.switches()
      if (typed.has('json')) terminal.out(jsonLine(all))
      else if (all.length === 0) terminal.out('nothing is switched off\n')
      else {
        const rows = all.map(({ target, by, at, reason }) => [
          shownTarget(target),
          elapsedWords(Date.now() - at),
          by,
          reason ?? '',
        ])
        terminal.out(textOf(table(['OFF', 'FOR', 'BY', 'WHY'], rows)))
      }
      return 0
    }),
}
