/** Walks a folder, level by level, so that a walk cut short has seen what is near. */
import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { WALK_ENTRIES_MAX } from '../limits.ts'
import type { HeldFolder } from './held-folder.ts'
import { holdFolder } from './held-folder.ts'
import { isErrno } from './path-error.ts'

/** Something in a folder. Links are shown, never followed. */
export type Entry = {
  /** Relative to the root, with forward slashes as the system writes them. */
  readonly path: string
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Open until the walk goes on. */
  readonly folder: HeldFolder
}

/** What bounds looking around in a folder. */
export type Bounds = {
  /** Names that are left out, wherever they are; compared without case, because some file systems do. */
  readonly ignore: readonly string[]
  readonly signal: AbortSignal
}

/** How a walk is bounded. */
export type WalkOptions = Bounds & {
  readonly depthMax: number
  /** Hears what was left out by a limit. */
  readonly onCut: (what: string) => void
}

/** The name of a file that is being written and not there yet. */
export const TEMPORARY_NAME = /^\.skein-[0-9a-f-]+\.tmp$/

/** Entries below `start` (a path inside the root), each folder's by name. */
export async function* walk(rootReal: string, start: string, options: WalkOptions): AsyncGenerator<Entry> {
  const ignored = new Set(options.ignore.map((name) => name.toLowerCase()))
  const left = { entries: WALK_ENTRIES_MAX }
  let level = [start]
  for (let depth = 1; level.length > 0; depth++) {
    const next: string[] = []
    for (const path of level) {
      if (left.entries < 0) return
      await using folder = await holdIfThere(rootReal, path, path === start)
      if (folder === undefined) continue
      const base = path === '.' ? '' : path
      for (const found of await entriesOf(folder, left, options.onCut)) {
        options.signal.throwIfAborted()
        if (ignored.has(found.name.toLowerCase()) || TEMPORARY_NAME.test(found.name)) continue
        const entry = { path: join(base, found.name), name: found.name, kind: kindOf(found), folder }
        yield entry
        if (entry.kind === 'folder') next.push(entry.path)
      }
    }
    if (depth === options.depthMax && next.length > 0) {
      options.onCut(`${next.length} folder(s) deeper than ${depth} level(s) were not opened`)
      return
    }
    level = next
  }
}

/** A folder that went away, or became a link, since it was seen is simply not there; the first one must be. */
async function holdIfThere(rootReal: string, path: string, isStart: boolean): Promise<HeldFolder | undefined> {
  try {
    return await holdFolder(rootReal, join(rootReal, path), path)
  } catch (error) {
    if (
      isStart ||
      !(isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM') || (error as { code?: unknown }).code === 'PATH_ESCAPES')
    )
      throw error
    return undefined
  }
}

async function entriesOf(
  folder: HeldFolder,
  left: { entries: number },
  onCut: WalkOptions['onCut'],
): Promise<readonly Dirent[]> {
  const found: Dirent[] = []
  for await (const entry of await opendir(folder.at('.'))) {
    if (left.entries-- <= 0) {
      onCut(`only the first ${WALK_ENTRIES_MAX} entries were looked at`)
      break
    }
    found.push(entry)
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function kindOf(entry: Dirent): Entry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}
