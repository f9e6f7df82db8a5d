/**
 * A PostgreSQL server of one's own, for tests and benchmarks: its defaults, on loopback, on a free port, in a folder that goes
 * with it. It refuses to run as root, so for root it runs as the user that owns nothing.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'

/** Where Debian has the programs of each version. */
const DEBIAN = '/usr/lib/postgresql'
const NOBODY = { uid: 65_534, gid: 65_534 }
const UP_MS = 60_000
const POLL_MS = 50

/** A server that runs. */
export type LocalPostgres = AsyncDisposable & {
  readonly url: string
  /** Of its first process. */
  readonly pid: () => number
  /** Ends all of it as `kill -9` would. */
  readonly kill: () => Promise<void>
  /** Starts it again over what it left, at the same place. */
  readonly start: () => Promise<void>
}

/** Where the programs of the newest version lie, or undefined where there is none. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres')))
}

/** Starts a server and waits until it answers. `settings`: more of its settings, by name. */
export async function startPostgres(
  bin: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<LocalPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-postgres-'))
  const who = process.getuid?.() === 0 ? NOBODY : undefined
  const [data, sockets] = [join(folder, 'data'), join(folder, 's')]
  for (const path of [data, sockets]) mkdirSync(path, { mode: 0o700 })
  if (who !== undefined) for (const path of [folder, data, sockets]) chownSync(path, who.uid, who.gid)
  const init = ['-D', data, '-U', 'skein', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  execFileSync(join(bin, 'initdb'), init, { ...who, cwd: folder, stdio: 'ignore' })
  const [port = 0] = await freePorts(1)
  const at = ['-h', '127.0.0.1', '-p', String(port)]
  const given = { listen_addresses: '127.0.0.1', ...settings }
  const options = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const up = async (): Promise<ChildProcess> => {
    const args = ['-D', data, '-p', String(port), '-k', sockets, ...options]
    // One that was killed has processes that have not noticed yet, and keep the next one from starting.
    for (const end = performance.now() + UP_MS; performance.now() < end;) {
      const child = spawn(join(bin, 'postgres'), args, { ...who, cwd: folder, stdio: 'ignore' })
      if (await answers(join(bin, 'pg_isready'), [...at, '-q'], child)) return child
    }
    throw new Error('PostgreSQL did not come up')
  }
  let child = await up()
  execFileSync(join(bin, 'createdb'), [...at, '-U', 'skein', 'skein'])
  return {
    url: `postgresql://skein@127.0.0.1:${port}/skein`,
    pid: () => child.pid ?? 0,
    kill: () => ended(child, 'SIGKILL'),
    async start() {
      child = await up()
    },
    async [Symbol.asyncDispose]() {
      await ended(child, 'SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Its other processes leave by themselves when the first is gone; memory they share is freed by the next start. */
async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  await over
}

/** False when it has ended instead. */
async function answers(program: string, args: readonly string[], child: ChildProcess): Promise<boolean> {
  const end = performance.now() + UP_MS
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    if (child.exitCode !== null) return false
    if (spawnSync(program, args).status === 0) return true
  }
  return false
}
