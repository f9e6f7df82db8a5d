/** Other frameworks, installed beside us: each in a folder of its own with its own lock file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Versions } from './machine.ts'

export type Peers = {
  /** Of each peer that is there. */
  readonly versions: ReadonlyMap<string, Versions>
  /** Why each of the others is not. */
  readonly absent: ReadonlyMap<string, string>
}

/** Installs what is not installed yet; what cannot be is named, and its cells fail. */
export async function installPeers(folder: string, names: readonly string[]): Promise<Peers> {
  const versions = new Map<string, Versions>()
  const absent = new Map<string, string>()
  for (const name of names) {
    const script = join(folder, 'peers', 'install.mjs')
    const child = spawn(process.execPath, [script, name], { stdio: ['ignore', 2, 'inherit'] })
    const [code] = (await once(child, 'close')) as [number | null]
    if (code === 0) versions.set(name, installed(join(folder, 'peers', name)))
    else absent.set(name, `bench/peers/${name} could not be installed`)
  }
  return { versions, absent }
}

/** The versions of what a peer's manifest asks for, and of what its `prepare.mjs` found on this machine. */
function installed(folder: string): Versions {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'))
  const { dependencies = {} } = read('package.json') as { readonly dependencies?: Versions }
  const packages = Object.keys(dependencies).map((name) => {
    const { version } = read(join('node_modules', name, 'package.json')) as { readonly version: string }
    return [name, version] as const
  })
  const found = join('node_modules', 'versions.json')
  return { ...Object.fromEntries(packages), ...(existsSync(join(folder, found)) ? (read(found) as Versions) : {}) }
}
