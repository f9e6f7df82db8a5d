import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SOCKET_PATH_BYTES_MAX } from '../../limits.ts'
import { layoutOf } from '../folder/layout.ts'

const TEMPORARY_PREFIX = 'skein-socket-'

/** Where the socket of `folder` goes: beside the database, or in a private temporary folder when that path is too long for a socket. */
export function chooseSocketPath(folder: string): string {
  const { socket } = layoutOf(folder)
  if (Buffer.byteLength(socket) <= SOCKET_PATH_BYTES_MAX) return socket
  return join(mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX)), 'control.sock')
}

/** Removes the socket that an owner left behind. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true })
  const parent = dirname(path)
  if (basename(parent).startsWith(TEMPORARY_PREFIX)) rmSync(parent, { recursive: true, force: true })
}
