/** What a report must say of where it was made. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'

export type Machine = {
  readonly cpu: string
  /** Those that this process may use: fewer under `taskset`. */
  readonly cpus: number
  readonly memoryGb: number
  readonly os: string
}

export type Versions = Readonly<Record<string, string>>

export function machineHere(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: usableCpus(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${arch()}`,
  }
}

/** `nproc` knows of an affinity, Node does not. */
function usableCpus(): number {
  try {
    return Number(execFileSync('nproc', { encoding: 'utf8' }))
  } catch {
    return cpus().length
  }
}

/** Ours with its commit, Node's, and those of the packages that our own cells use. */
export function versionsHere(root: string): Versions {
  const versionOf = (folder: string): string => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { version: string }
    return manifest.version
  }
  return {
    skein: [versionOf('.'), ...commitOf(root)].join(' '),
    node: process.versions.node,
    sqlite: process.versions['sqlite'] ?? 'none',
    ai: versionOf('node_modules/ai'),
    zod: versionOf('node_modules/zod'),
  }
}

/** `(1a2b3c4)`, where there is a history; `+` when something else than the reports was changed since. */
export function commitOf(root: string): readonly string[] {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const commit = git('rev-parse', '--short', 'HEAD')
    const isClean = git('status', '--porcelain', '--', '.', ':(exclude)docs/reports') === ''
    return [`(${commit}${isClean ? '' : '+'})`]
  } catch {
    return []
  }
}

/** Over the last minute. */
export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100
