/** Hosts processes until it is told to leave: what `skein worker` and `skein up` share. */
import { loadConfig } from '../config/config.ts'
import { openNamed, shownAddress } from '../engines/engine-address.ts'
import { openHost } from '../hosting/open-host.ts'
import { loadFile } from '../load/definitions.ts'
import { folderOf } from './folder.ts'
import { interruptible } from './interrupt.ts'
import { jsonLine } from './json.ts'
import type { Terminal } from './terminal.ts'
import type { Typed } from './verb.ts'

/** Hosts the definitions of the files that were typed, on an engine or (no address) on the data folder. Returns the exit code. */
export async function serve(typed: Typed, terminal: Terminal, address: string | undefined): Promise<number> {
  using interrupt = interruptible(terminal)
  const { models, retention } = await loadConfig(terminal.cwd)
  const folder = await folderOf(typed, terminal)
  const files = await Promise.all(typed.positionals.map((path) => loadFile(path, terminal.cwd)))
  const asked = Promise.withResolvers<void>()
  interrupt.signal.addEventListener('abort', () => asked.resolve())
  const warn = (line: string): void => terminal.err(`skein: ${line}\n`)
  const host = await openHost({
    data: folder,
    ...(models === undefined ? {} : { models }),
    ...(retention === undefined ? {} : { retention }),
    ...(address === undefined ? {} : { engine: await openNamed(address, { env: terminal.env, serve: true, warn }) }),
    handOver: true,
    onHandOver: () => asked.resolve(),
    signal: interrupt.signal,
    prepare: ({ code }) => {
      for (const file of files) code.take(file)
    },
    warn,
  })
  await using _ = host
  const names = [
    ...new Set(files.flatMap(({ main, named }) => [main, ...named.values()]).flatMap((one) => one?.name ?? [])),
  ]
  const place = address === undefined ? folder : shownAddress(address)
  if (typed.has('json')) terminal.out(jsonLine({ on: place, definitions: names, pid: process.pid }))
  else terminal.out(`runs ${names.join(', ') || 'what its files define'} on ${place}; ^C leaves\n`)
  host.failed?.addEventListener('abort', () => asked.reject(host.failed?.reason))
  await asked.promise
  terminal.err('leaving: writes in flight end first\n')
  return 0
}
