/**
 * The frozen base: the code as it was when the run began. Every scratch copy is made from it, so that all verdicts
 * of a run are about the same code, whatever happens to the folder meanwhile.
 *
 * 1. A base is whole or not there: it is filled under another name and then renamed.
 * 2. The same contents give the same fingerprint, everywhere.
 * 3. Nothing in it is a hard link; folders of dependencies are symbolic links to the real ones.
 */
import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { SkeinError } from 'skein'
import { COPY_BYTES_MAX, COPY_FILES_MAX } from '../limits.ts'
import type { FolderFiles } from '../survey/files.ts'
import { isFolder, listFolder } from '../survey/files.ts'

const FOLDER_HASH_LENGTH = 8

/** Where a run keeps its copies. Outside the project, or its own tools would find every file twice. */
export function scratchFolder(id: string, data: string): string {
  const folder = createHash('sha256').update(resolve(data)).digest('hex').slice(0, FOLDER_HASH_LENGTH)
  return join(tmpdir(), `skein-blindspots-${userInfo().uid}`, `${id}-${folder}`)
}

export const baseOf = (scratch: string): string => join(scratch, 'base')

export type Frozen = { readonly fingerprint: string; readonly files: number; readonly bytes: number }

/** Freezes `folder` below `scratch`; does nothing when that has been done. */
export async function freeze(folder: string, listed: FolderFiles, scratch: string): Promise<Frozen> {
  const record = join(scratch, 'base.json')
  const base = baseOf(scratch)
  if (await isFolder(base)) {
    const known = await readFile(record, 'utf8').catch(() => undefined)
    if (known !== undefined) return JSON.parse(known) as Frozen
  }
  await rm(scratch, { recursive: true, force: true })
  const half = join(scratch, 'base.half')
  await mkdir(half, { recursive: true, mode: 0o700 })
  const frozen = await copyAll(folder, listed.files, half)
  await linkAll(folder, listed.links, half)
  await writeFile(record, JSON.stringify(frozen))
  await rename(half, base)
  return frozen
}

/**
 * Makes sure that the base is still there; temporary folders do not survive everything that a run does. It is frozen
 * again if the folder is what it was. Throws `FILE_CHANGED` if it is not: verdicts would be about two programs.
 */
export async function freezeAgain(code: {
  readonly folder: string
  readonly scratch: string
  readonly fingerprint: string
}): Promise<void> {
  if (await isFolder(baseOf(code.scratch))) return
  const frozen = await freeze(code.folder, await listFolder(code.folder), code.scratch)
  if (frozen.fingerprint === code.fingerprint) return
  await rm(code.scratch, { recursive: true, force: true })
  throw new SkeinError(
    'FILE_CHANGED',
    `the scratch copy of ${code.folder} is gone and the code has changed since this run began; start another run with --new`,
  )
}

async function copyAll(folder: string, files: readonly string[], to: string): Promise<Frozen> {
  if (files.length > COPY_FILES_MAX)
    throw new SkeinError(
      'FILE_TOO_LARGE',
      `${folder} has ${files.length} files, more than the ${COPY_FILES_MAX} of a scratch copy; name a smaller folder`,
    )
  const fingerprint = createHash('sha256')
  const made = new Set<string>()
  let bytes = 0
  let copied = 0
  for (const file of files) {
    const from = join(folder, file)
    const about = await lstat(from).catch(() => undefined)
    // Deleted but still known to git; a submodule; a socket.
    if (about === undefined || !(about.isFile() || about.isSymbolicLink())) continue
    const target = join(to, file)
    const parent = dirname(target)
    if (!made.has(parent)) await mkdir(parent, { recursive: true })
    made.add(parent)
    bytes += about.size
    if (bytes > COPY_BYTES_MAX)
      throw new SkeinError(
        'FILE_TOO_LARGE',
        `${folder} holds more than the ${COPY_BYTES_MAX / 1024 / 1024} MB of a scratch copy; name a smaller folder`,
      )
    fingerprint.update(`${file}\0`)
    if (about.isSymbolicLink()) {
      const link = await readlink(from)
      fingerprint.update(link)
      const points = resolve(dirname(from), link)
      await symlink(relative(folder, points).startsWith('..') ? points : link, target)
    } else {
      const content = await readFile(from).catch(() => undefined)
      if (content === undefined) continue
      fingerprint.update(createHash('sha256').update(content).digest())
      await writeFile(target, content)
      await chmod(target, about.mode)
    }
    copied += 1
  }
  return { fingerprint: fingerprint.digest('hex'), files: copied, bytes }
}

async function linkAll(folder: string, links: readonly string[], to: string): Promise<void> {
  for (const link of links) {
    await mkdir(dirname(join(to, link)), { recursive: true })
    await symlink(join(folder, link), join(to, link))
  }
}
