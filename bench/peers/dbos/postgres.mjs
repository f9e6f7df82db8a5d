/** A PostgreSQL of our own: defaults, a fresh folder, the loopback, and not as root, which it refuses. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../free-port.mjs'

const DEBIAN = '/usr/lib/postgresql'
/** On Debian and elsewhere the user that owns nothing. */
const NOBODY = 65534
const PATIENCE_MS = 30_000

/** Where the programs of the newest version lie, if there is one. */
export function binFolder() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres')))
}

/** Starts it in `folder`; `stop()` waits until it has ended. */
export async function startPostgres(folder) {
  const bin = binFolder()
  const who = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const [data, sockets] = [join(folder, 'pg'), join(folder, 's')]
  for (const path of [data, sockets]) mkdirSync(path, { mode: 0o700 })
  if (who.uid !== undefined) for (const path of [folder, data, sockets]) chownSync(path, who.uid, who.gid)
  const init = ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  execFileSync(join(bin, 'initdb'), init, { ...who, cwd: folder, stdio: 'ignore' })
  const port = await freePort()
  const args = ['-D', data, '-p', String(port), '-k', sockets, '-c', 'listen_addresses=127.0.0.1']
  const server = spawn(join(bin, 'postgres'), args, { ...who, cwd: folder, stdio: 'ignore' })
  const ended = once(server, 'close')
  const at = ['-h', '127.0.0.1', '-p', String(port)]
  await ready(join(bin, 'pg_isready'), at)
  execFileSync(join(bin, 'createdb'), [...at, '-U', 'bench', 'bench'])
  const stop = async () => {
    server.kill('SIGINT')
    await ended
  }
  return { url: `postgresql://bench@127.0.0.1:${port}/bench`, pid: server.pid, stop }
}

async function ready(isReady, at) {
  const startedAt = performance.now()
  while (spawnSync(isReady, [...at, '-q']).status !== 0) {
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error('PostgreSQL did not start')
    await pause(50)
  }
}
