/** From a path as a model writes it to an open folder and a name in it. */
import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { SkeinError } from '../../std/index.ts'
import { PATH_CHARS_MAX } from '../limits.ts'
import type { HeldFolder } from './held-folder.ts'
import { holdFolder, isInside, isLink } from './held-folder.ts'
import { escapes, isErrno, quoted } from './path-error.ts'

/** Folders that run code when somebody else uses them: never written by these tools. */
const NEVER_WRITTEN = ['.git']

/** A name in a held folder; disposing it lets the folder go. */
export type Place = { readonly folder: HeldFolder; readonly name: string }

/**
 * The components of a path inside the root; none for the root itself. Nothing is decoded: `%2e%2e` and
 * look-alikes of dots are names like any other. Throws `PATH_ESCAPES`.
 */
export function componentsOf(path: string): readonly string[] {
  if (path.includes('\0')) throw escapes(path, 'contains a NUL byte')
  if (path.length > PATH_CHARS_MAX) throw escapes(path, `has more than ${PATH_CHARS_MAX} characters`)
  if (isAbsolute(path)) throw escapes(path, 'is absolute')
  const components: string[] = []
  for (const component of path.split(sep)) {
    if (component === '' || component === '.') continue
    if (component !== '..') components.push(component)
    else if (components.pop() === undefined) throw escapes(path, 'leaves the folder by ..')
  }
  return components
}

/** The root with its links resolved. */
export async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root)
  } catch (cause) {
    throw new SkeinError(
      'FILE_UNREADABLE',
      `the folder ${quoted(root)} of these tools cannot be opened; create it, or give another root`,
      { cause },
    )
  }
}

/** Where an existing thing really is, inside the root. Throws `PATH_ESCAPES`, and the system's error when there is nothing. */
export async function resolveInside(rootReal: string, path: string): Promise<string> {
  const real = await realpath(join(rootReal, ...componentsOf(path)))
  if (!isInside(rootReal, real)) throw escapes(path, 'is a link that leads out of the folder')
  return real
}

/** The place of an existing file, links resolved. */
export async function placeOf(rootReal: string, path: string): Promise<Place> {
  const real = await resolveInside(rootReal, path)
  if (real === rootReal)
    throw new SkeinError('FILE_NOT_TEXT', `${quoted(path)} is the folder itself; name a file in it`)
  return { folder: await holdFolder(rootReal, dirname(real), path), name: basename(real) }
}

/** The place of an existing file that may be written. */
export async function placeToChange(rootReal: string, path: string): Promise<Place> {
  refuseProtected(componentsOf(path), path)
  const place = await placeOf(rootReal, path)
  try {
    refuseProtected(relative(rootReal, place.folder.realPath).split(sep), path)
    return place
  } catch (error) {
    await place.folder[Symbol.asyncDispose]()
    throw error
  }
}

/** The place of a file to be written, which need not exist; missing folders on the way are made. */
export async function placeToWrite(rootReal: string, path: string): Promise<Place> {
  const components = componentsOf(path)
  try {
    return await placeToChange(rootReal, path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
  const { existing, missing } = await deepestFolder(rootReal, components, path)
  refuseProtected(relative(rootReal, existing).split(sep), path)
  const folder = await makeFolders(await holdFolder(rootReal, existing, path), missing.slice(0, -1))
  const name = missing.at(-1) ?? ''
  if (await isLink(folder.at(name))) {
    await folder[Symbol.asyncDispose]()
    throw escapes(path, 'is a link that leads nowhere')
  }
  return { folder, name }
}

/** Splits a path whose end does not exist: the deepest folder that does, resolved, and the rest. */
async function deepestFolder(
  rootReal: string,
  components: readonly string[],
  path: string,
): Promise<{ existing: string; missing: readonly string[] }> {
  for (let depth = components.length - 1; depth > 0; depth--) {
    try {
      const existing = await resolveInside(rootReal, components.slice(0, depth).join(sep))
      return { existing, missing: components.slice(depth) }
    } catch (error) {
      if (SkeinError.isInstance(error)) throw escapes(path, 'goes through a link that leads out of the folder')
      if (!isErrno(error, 'ENOENT')) throw error
    }
  }
  return { existing: rootReal, missing: components }
}

async function makeFolders(start: HeldFolder, names: readonly string[]): Promise<HeldFolder> {
  let folder = start
  for (const name of names) {
    // Leaving the block lets the outer folder go, whether or not the inner one could be held.
    await using outer = folder
    await mkdir(outer.at(name)).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error
    })
    folder = await outer.into(name)
    await outer.sync()
  }
  return folder
}

/** Compared without case, because some file systems do. */
function refuseProtected(components: readonly string[], path: string): void {
  const hit = components.find((component) => NEVER_WRITTEN.includes(component.toLowerCase()))
  if (hit !== undefined) throw escapes(path, `is in ${hit}, which these tools never write`)
}
