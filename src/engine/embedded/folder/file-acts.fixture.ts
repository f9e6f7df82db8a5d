/** What is done to files, in order: what is durable when depends on it, and no test can cut the power. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'

/** What is done to files while `act` runs, by name, in order; throws when one is left open. */
export async function fileActs(act: () => void | Promise<unknown>): Promise<readonly string[]> {
  const acts: string[] = []
  const names = new Map<number, string>()
  const { openSync, closeSync, writeFileSync, fsyncSync, renameSync } = fs
  fs.openSync = (path, ...rest) => {
    const fd = openSync(path, ...rest)
    names.set(fd, basename(String(path)))
    return fd
  }
  fs.closeSync = (fd) => {
    names.delete(fd)
    closeSync(fd)
  }
  fs.writeFileSync = (file, ...rest) => {
    acts.push(`write ${typeof file === 'number' ? names.get(file) : basename(String(file))}`)
    writeFileSync(file, ...rest)
  }
  fs.fsyncSync = (fd) => {
    acts.push(`sync ${names.get(fd)}`)
    fsyncSync(fd)
  }
  fs.renameSync = (from, to) => {
    acts.push(`rename ${basename(String(from))} to ${basename(String(to))}`)
    renameSync(from, to)
  }
  syncBuiltinESMExports()
  try {
    await act()
  } finally {
    Object.assign(fs, { openSync, closeSync, writeFileSync, fsyncSync, renameSync })
    syncBuiltinESMExports()
  }
  if (names.size > 0) throw new Error(`left open: ${[...names.values()].join(', ')}`)
  return acts
}
