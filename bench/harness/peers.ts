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

/** The versions of what a peer's manifest asks for; a peer that is no package has none. */
function installed(folder: string): Versions {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return {}
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> }
  return Object.fromEntries(
    Object.keys(manifest.dependencies ?? {}).map((name) => {
      const own = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
      return [name, (JSON.parse(own) as { version: string }).version]
    }),
  )
}
