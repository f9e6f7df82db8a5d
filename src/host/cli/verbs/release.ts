import { releaseFolder } from '../../operate/release.ts'
import { countWords } from '../../words/amounts.ts'
import { BY_FLAG } from '../act.ts'
import { actorName, withActor } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein release`. */
export const release: VerbBody = {
  about:
    'Only when you know that nothing was done after the backup was taken. To decide one by one instead: skein inbox, skein resolve.',
  positionals: [],
  flags: { by: BY_FLAG },
  examples: ['skein release', 'skein release --data restored'],
  run: (typed, terminal) =>
    withActor(typed, terminal, async (_, { hosted, engine }) => {
      const { quarantine, writes } = await releaseFolder(engine, actorName(typed))
      if (typed.has('json')) terminal.out(jsonLine({ wasInQuarantine: quarantine !== undefined, writes, hosted }))
      else if (quarantine === undefined && writes === 0) terminal.out('this data folder is not in quarantine\n')
      else terminal.out(`released: ${countWords(writes, 'write')} that waited will be done\n`)
      return 0
    }),
}
