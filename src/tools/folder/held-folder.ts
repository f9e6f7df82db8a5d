/**
 * A folder inside the root, held open.
 *
 * Job: reach names in a folder without ever leaving the root, whoever moves links around meanwhile.
 *
 * Invariants:
 * 1. What is held lies inside the root: checked on the open folder itself, not on the path that led to it.
 * 2. On Linux a name is resolved from the held folder (`/proc/self/fd/N/name`), so its path cannot be swapped
 *    between check and use. Elsewhere the path is checked again after opening; a swap after that is not seen.
 * 3. The last component of a path is never followed if it is a link; links are resolved, and checked, before.
 */
import { existsSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { constants, lstat, open, readlink, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { escapes, isErrno } from './path-error.ts'

const CAN_RESOLVE_FROM_HANDLE = process.platform === 'linux' && existsSync('/proc/self/fd')
const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** An open folder inside the root. */
export interface HeldFolder extends AsyncDisposable {
  readonly realPath: string
  /** A path by which a name in this folder is reached. */
  at(name: string): string
  /** Holds a folder of this one. */
  into(name: string): Promise<HeldFolder>
  /** Makes renames and new names in it durable. */
  sync(): Promise<void>
}

/** True for the root itself and whatever is below it. */
export function isInside(rootReal: string, path: string): boolean {
  return path === rootReal || path.startsWith(rootReal.endsWith(sep) ? rootReal : rootReal + sep)
}

/** Holds the folder at a resolved path. `shown` names it in errors. Throws `PATH_ESCAPES`. */
export async function holdFolder(rootReal: string, path: string, shown: string): Promise<HeldFolder> {
  const handle = await openFolder(path, shown)
  try {
    const realPath = await pathOf(handle, path)
    if (realPath === undefined || !isInside(rootReal, realPath)) throw escapes(shown, 'leads out of the folder')
    return held(rootReal, realPath, handle, shown)
  } catch (error) {
    await handle.close()
    throw error
  }
}

function held(rootReal: string, realPath: string, handle: FileHandle, shown: string): HeldFolder {
  const base = CAN_RESOLVE_FROM_HANDLE ? `/proc/self/fd/${handle.fd}` : realPath
  return {
    realPath,
    at: (name) => join(base, name),
    into: (name) => holdFolder(rootReal, join(base, name), join(shown, name)),
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

async function openFolder(path: string, shown: string): Promise<FileHandle> {
  try {
    return await open(path, FOLDER_FLAGS)
  } catch (error) {
    // With O_DIRECTORY, Linux calls a link "not a directory".
    if (isErrno(error, 'ELOOP', 'ENOTDIR') && (await isLink(path)))
      throw escapes(shown, 'goes through a link that leads nowhere')
    throw error
  }
}

/** True for a link, wherever it leads. */
export async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
}

/** Where an open folder really is; undefined when that cannot be told for sure. */
async function pathOf(handle: FileHandle, path: string): Promise<string | undefined> {
  if (CAN_RESOLVE_FROM_HANDLE) return readlink(`/proc/self/fd/${handle.fd}`)
  const real = await realpath(path)
  const [opened, named] = await Promise.all([handle.stat(), stat(real)])
  return opened.ino === named.ino && opened.dev === named.dev ? real : undefined
}
