import { SkeinError } from '../../../std/index.ts'
import { openNamed, shownAddress } from '../../engines/engine-address.ts'
import { engineAddress } from '../folder.ts'
import { interruptible } from '../interrupt.ts'
import { jsonLine } from '../json.ts'
import { serve } from '../serve.ts'
import type { Terminal } from '../terminal.ts'
import { FILES } from '../verb.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** `skein worker`. */
export const worker: VerbBody = {
  about: [
    'Runs whatever the engine has for the definitions of these files, until ^C or SIGTERM; many workers may run.',
    'On Postgres workers hold what they run by leases in the database (?lease=15s: so long after a worker is gone another takes over);',
    '?schema=NAME separates installations.',
    'On Restate the server calls the worker: it listens on port 9080 of 127.0.0.1, unless the address says otherwise:',
    '  restate://SERVER:8080?port=9080&address=0.0.0.0&url=http://THIS-MACHINE:9080&admin=http://SERVER:9070&name=skein',
    'Other nodes of a cluster: &also=SERVER2:8080,SERVER3:8080 (and &admin=http://SERVER:9070,http://SERVER2:9070).',
    'Workers of one installation have one url: that of a load balancer, or on one machine the same port with &share=true.',
    'Whoever reaches that port can make the worker act: beyond 127.0.0.1, keep it to the server, or name the public keys that',
    'the server signs with: &identity=publickeyv1_…',
    'A token for the server is read from SKEIN_ENGINE_TOKEN.',
    'Mailboxes and journals on Restate are served by workers, too. With --mail-only a worker does that and runs nothing: while the',
    'others are away, runs are started, mail is taken, and skein send, approve, inbox, log and show are answered.',
  ].join('\n'),
  positionals: FILES,
  flags: { 'mail-only': { help: 'Restate: run nothing, and need no code; only answer who asks' } },
  examples: [
    'skein worker article.ts desk.ts --engine restate://127.0.0.1:8080',
    'skein worker article.ts --engine postgres://user@127.0.0.1/database?schema=skein',
    `skein worker article.ts --engine 'restate://127.0.0.1:8080?port=9080&share=true'`,
    `skein worker --mail-only --engine 'restate://127.0.0.1:8080?port=9080&share=true'`,
  ],
  async run(typed, terminal) {
    const address = await engineAddress(typed, terminal)
    if (address === undefined)
      throw new SkeinError(
        'USAGE',
        'skein worker: name an engine with --engine, as in restate://127.0.0.1:8080 or ' +
          'postgres://user@127.0.0.1/database; a data folder has one owner: skein up',
      )
    return typed.has('mail-only') ? serveMail(typed, terminal, address) : serve(typed, terminal, address)
  },
}

/** Answers whoever asks until it is told to leave. Returns the exit code. */
async function serveMail(typed: Typed, terminal: Terminal, address: string): Promise<number> {
  const [file] = typed.positionals
  if (file !== undefined)
    throw new SkeinError('USAGE', `skein worker: with --mail-only nothing is run; leave out ${file}, or --mail-only`)
  using interrupt = interruptible(terminal)
  const { signal } = interrupt
  const leaving = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  const warn = (line: string): void => terminal.err(`skein: ${line}\n`)
  await using _ = await openNamed(address, { env: terminal.env, serve: 'mail', warn })
  const on = shownAddress(address)
  if (typed.has('json')) terminal.out(jsonLine({ on, definitions: [], pid: process.pid }))
  else terminal.out(`runs nothing, and answers who asks, on ${on}; ^C leaves\n`)
  await leaving
  return 0
}
