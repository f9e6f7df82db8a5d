import { resolve } from 'node:path'
import { backupFolder, nodeClock } from '../../../engine/index.ts'
import { countWords } from '../../words/amounts.ts'
import { commandFor } from '../../words/command.ts'
import { demandFolderEngine, folderOf } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein backup`. */
export const backup: VerbBody = {
  about: 'The backup is a new folder, complete as soon as it has its name. skein restore makes a data folder of it.',
  positionals: [{ name: 'to' }],
  flags: {},
  examples: ['skein backup backups/monday', 'skein backup /mnt/backups/$(date +%F) --data .skein'],
  run: async (typed, terminal) => {
    await demandFolderEngine(typed, terminal, 'back up what its server keeps, with its own tools')
    const to = typed.positionals[0] ?? ''
    const note = await backupFolder(await folderOf(typed, terminal), resolve(terminal.cwd, to), nodeClock)
    if (typed.has('json')) terminal.out(jsonLine(note))
    else
      terminal.out(
        `${to} holds ${countWords(note.processes, 'process')}; make a data folder of it with: ` +
          `${commandFor('DIR')('restore', to)}\n`,
      )
    return 0
  },
}
