/**
 * write_file and patch_file: change one text file.
 *
 * Invariants:
 * 1. A file is replaced whole: a reader, and a crash at any moment, finds the old content or the new.
 * 2. Whoever names the content he expects (by hash) changes nothing else; a file that already has the new
 *    content counts as written, so that a repeat does no harm.
 * 3. A patch is bound to the hash of the text it was made for; what became of it is proved by hashes.
 */
import { randomUUID } from 'node:crypto'
import { constants, open, rename, unlink } from 'node:fs/promises'
import { setImmediate as macrotask } from 'node:timers/promises'
import { SkeinError } from '../../std/index.ts'
import type { Reconciled } from '../../kernel/index.ts'
import { optional, shape, text } from '../definition/input-shape.ts'
import type { ShapeOf } from '../definition/input-shape.ts'
import { FILE_BYTES_MAX, RECONCILE_HASH_BYTES_MAX } from '../limits.ts'
import type { Place } from './locate.ts'
import { placeToChange, placeToWrite, realRoot } from './locate.ts'
import type { Patch } from './patch.ts'
import { applyPatch, parseDiff, sources } from './patch.ts'
import { isErrno, quoted } from './path-error.ts'
import { bytesOf, hashOf, readBytes, textOf } from './text-file.ts'

const TEMPORARY_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
/** What stands for "there is no such file" where a hash is expected. */
const ABSENT = 'absent'
/** Candidates tried between two looks at the clock by everybody else. */
const CANDIDATES_PER_TURN = 64

/** What write_file takes. */
export const WriteInput = shape({
  path: text('File to write, relative; missing folders are made.'),
  text: text('The whole new content.', FILE_BYTES_MAX),
  expectedHash: optional(
    text(`Write only if the file still has this hash (from read_file), or "${ABSENT}" if it must not exist.`),
  ),
})

/** What patch_file takes. */
export const PatchInput = shape({
  path: text('File to change, relative.'),
  baseHash: text('The hash that read_file gave; a file that has changed since is left alone.'),
  find: optional(text('Text that is in the file exactly once.', FILE_BYTES_MAX)),
  replacement: optional(text('What stands there instead.', FILE_BYTES_MAX)),
  diff: optional(text('Instead of find and replacement: a unified diff of this file (hunks).', FILE_BYTES_MAX)),
})

/** The state of a written file. */
export type WrittenFile = { readonly path: string; readonly hash: string; readonly bytes: number }

/** Writes a file whole. Throws `FILE_CHANGED`. */
export async function writeText(root: string, input: ShapeOf<typeof WriteInput>): Promise<WrittenFile> {
  const { path, expectedHash } = input
  const bytes = bytesOf(input.text)
  if (bytes.length > FILE_BYTES_MAX)
    throw new SkeinError(
      'FILE_TOO_LARGE',
      `the text has ${bytes.length} bytes, more than the ${FILE_BYTES_MAX} that these tools write`,
    )
  const place = await placeToWrite(await realRoot(root), path)
  await using _folder = place.folder
  const found = await currentOf(place, path)
  const hash = hashOf(bytes)
  if (found?.hash !== hash) {
    if (expectedHash !== undefined && expectedHash !== (found?.hash ?? ABSENT))
      throw changed(path, expectedHash, found?.hash ?? ABSENT)
    await replaceFile(place, bytes, found?.mode)
  }
  return { path, hash, bytes: bytes.length }
}

/** Changes a file. Throws `FILE_CHANGED`, `PATCH_REJECTED`. */
export async function patchText(root: string, input: ShapeOf<typeof PatchInput>): Promise<WrittenFile> {
  const { path, baseHash } = input
  const patch = patchOf(input)
  const place = await placeToChange(await realRoot(root), path)
  await using _folder = place.folder
  const { bytes: base, mode } = await readBytes(place, path, FILE_BYTES_MAX)
  if (hashOf(base) !== baseHash) throw changed(path, baseHash, hashOf(base))
  const bytes = bytesOf(applyPatch(patch, textOf(base, path)))
  if (bytes.equals(base))
    throw new SkeinError('PATCH_REJECTED', `the patch of ${quoted(path)} changes nothing; leave it out`)
  await replaceFile(place, bytes, mode)
  return { path, hash: hashOf(bytes), bytes: bytes.length }
}

/** What became of a patch: absent if the file has its base hash, done if it provably has the patched text. */
export async function reconcilePatch(
  root: string,
  input: ShapeOf<typeof PatchInput>,
  signal?: AbortSignal,
): Promise<Reconciled<WrittenFile>> {
  const { path, baseHash } = input
  const patch = patchOf(input)
  const place = await placeToChange(await realRoot(root), path)
  await using _folder = place.folder
  const { bytes } = await readBytes(place, path, FILE_BYTES_MAX)
  const hash = hashOf(bytes)
  if (hash === baseHash) return { absent: true }
  const now = textOf(bytes, path)
  let hashed = 0
  let candidates = 0
  for (const base of sources(patch, now)) {
    if (hashOf(bytesOf(base)) === baseHash)
      return applyPatch(patch, base) === now ? { done: { path, hash, bytes: bytes.length } } : { unknown: true }
    hashed += base.length
    if (hashed > RECONCILE_HASH_BYTES_MAX) break
    if (++candidates % CANDIDATES_PER_TURN === 0) await macrotask(undefined, signal === undefined ? {} : { signal })
  }
  return { unknown: true }
}

/** Throws `INPUT_INVALID` for neither or both forms. */
function patchOf(input: ShapeOf<typeof PatchInput>): Patch {
  const { find, replacement, diff } = input
  if (diff !== undefined && find === undefined && replacement === undefined)
    return { kind: 'hunks', hunks: parseDiff(diff) }
  if (diff === undefined && find !== undefined && find !== '' && replacement !== undefined)
    return { kind: 'replace', find, replacement }
  throw new SkeinError('INPUT_INVALID', 'patch_file takes either find and replacement, or diff; find must not be empty')
}

/** Content hash and permissions; undefined when there is no such file. */
async function currentOf(
  place: Place,
  path: string,
): Promise<{ readonly hash: string; readonly mode: number } | undefined> {
  try {
    const { bytes, mode } = await readBytes(place, path, FILE_BYTES_MAX)
    return { hash: hashOf(bytes), mode }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

async function replaceFile({ folder, name }: Place, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  const temporary = folder.at(`.skein-${randomUUID()}.tmp`)
  const handle = await open(temporary, TEMPORARY_FLAGS, 0o666)
  try {
    try {
      await handle.writeFile(bytes)
      if (mode !== undefined) await handle.chmod(mode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, folder.at(name))
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
  await folder.sync()
}

function changed(path: string, expected: string, found: string): SkeinError {
  const short = (hash: string): string => (hash === ABSENT ? ABSENT : `${hash.slice(0, 12)}…`)
  const state = found === ABSENT ? 'does not exist' : `has the hash ${short(found)}`
  const what = `${quoted(path)} ${state}, not ${short(expected)} as expected; read it again and decide anew`
  return new SkeinError('FILE_CHANGED', what, { data: { expected, found } })
}
