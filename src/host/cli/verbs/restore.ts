import { resolve } from 'node:path'
import { nodeClock, nodeHash, nodeRandom, restoreFolder } from '../../../engine/index.ts'
import { quarantineWords } from '../../words/quarantine.ts'
import { BY_FLAG } from '../act.ts'
import { actorName, demandFolderEngine, folderOf, shownCommand } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein restore`. */
export const restore: VerbBody = {
  about:
    'The folder must be new. It opens in quarantine: what the far side recognises by its key, or can be asked about, goes on; ' +
    'any other write waits in skein inbox, for skein resolve or skein release.',
  positionals: [{ name: 'backup' }],
  flags: { by: BY_FLAG },
  examples: ['skein restore backups/monday', 'skein restore backups/monday --data restored'],
  run: async (typed, terminal) => {
    await demandFolderEngine(typed, terminal, 'restore what its server keeps, with its own tools')
    const from = resolve(terminal.cwd, typed.positionals[0] ?? '')
    const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }
    const restored = await restoreFolder(from, await folderOf(typed, terminal), { by: actorName(typed), ...ports })
    if (typed.has('json')) terminal.out(jsonLine(restored))
    else terminal.out(`${restored.folder} is there.\n${quarantineWords(restored.quarantine, shownCommand(typed))}\n`)
    return 0
  },
}
