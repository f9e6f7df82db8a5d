/** Text files, read within bounds. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { constants, open } from 'node:fs/promises'
import { SkeinError } from '../../std/index.ts'
import type { Place } from './locate.ts'
import { quoted } from './path-error.ts'

/** Non-blocking, so that a pipe in the folder cannot hold the reader. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const CHUNK_BYTES = 64 * 1024

/** The bytes of a file, and the permissions it has. Throws `FILE_NOT_TEXT`, `FILE_TOO_LARGE` with its size. */
export async function readBytes(
  place: Place,
  path: string,
  bytesMax: number,
): Promise<{ readonly bytes: Buffer; readonly mode: number }> {
  const handle = await open(place.folder.at(place.name), READ_FLAGS)
  try {
    const stat = await handle.stat()
    if (!stat.isFile())
      throw new SkeinError(
        'FILE_NOT_TEXT',
        `${quoted(path)} is ${stat.isDirectory() ? 'a folder; list_files shows what is in it' : 'not a regular file'}`,
      )
    if (stat.size > bytesMax) throw tooLarge(path, stat.size, bytesMax)
    return { bytes: await readToEnd(handle, path, bytesMax), mode: stat.mode & 0o777 }
  } finally {
    await handle.close()
  }
}

/** A file's size may grow while it is read, or be 0 for one that the system makes up. */
async function readToEnd(handle: FileHandle, path: string, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, total)
    if (bytesRead === 0) return Buffer.concat(chunks, total)
    total += bytesRead
    if (total > bytesMax) throw tooLarge(path, total, bytesMax)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function tooLarge(path: string, bytes: number, bytesMax: number): SkeinError {
  return new SkeinError(
    'FILE_TOO_LARGE',
    `${quoted(path)} has ${bytes} bytes, more than the ${bytesMax} that these tools open; work on it with a command`,
    { data: { bytes } },
  )
}

/** The text, byte order mark included, so that writing it back changes nothing. Throws `FILE_NOT_TEXT`. */
export function textOf(bytes: Uint8Array, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {
    // Not UTF-8: refused below.
  }
  throw new SkeinError('FILE_NOT_TEXT', `${quoted(path)} is not UTF-8 text; these tools read and write text only`)
}

/** The bytes of a text. Throws `INPUT_INVALID` for what no file can hold faithfully. */
export function bytesOf(text: string): Buffer {
  if (!text.isWellFormed())
    throw new SkeinError('INPUT_INVALID', 'the text has half a surrogate pair, which UTF-8 cannot hold; leave it out')
  return Buffer.from(text, 'utf8')
}

/** What stands for a file's content: hex SHA-256 of its bytes. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Lines with their ends. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
