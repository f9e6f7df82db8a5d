import { SkeinError } from '../../../std/index.ts'
import { findProcess } from '../../operate/find.ts'
import { clientEngine } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { VerbBody } from '../verb.ts'

/** `skein free`. */
export const free: VerbBody = {
  about: [
    'For a process on a Restate server that does not move while its workers live: the server has paused its handler, or has',
    'suspended and forgotten it. The handler is resumed or cancelled, and the process goes on from its journal.',
    'One whose every attempt fails is not freed: mend what its failure names.',
    'Never kill a handler at the server. If somebody has, this verb lets the process go on in another one.',
  ].join('\n'),
  positionals: [{ name: 'pid' }],
  flags: {},
  examples: ['skein free a1 --engine restate://127.0.0.1:8080'],
  async run(typed, terminal) {
    await using engine = await clientEngine(typed, terminal)
    if (engine?.free === undefined)
      throw new SkeinError('USAGE', 'skein free: only a Restate server holds a process up; see: skein stuck')
    const pid = await findProcess(engine, typed.positionals[0] ?? '')
    const wasHeld = await engine.free(pid)
    if (typed.has('json')) terminal.out(jsonLine({ pid, wasHeld }))
    else terminal.out(wasHeld ? `freed ${pid}\n` : `${pid} was not held up\n`)
    return 0
  },
}
