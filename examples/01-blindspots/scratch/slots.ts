/**
 * Slots: scratch copies of the base, one for each trial that runs at the same time.
 *
 * 1. A slot is handed to one holder at a time, equal to the base, byte for byte.
 * 2. After use, whatever differs from the base is mended: changed files are copied again (told by inode, size and
 *    change time, which no program can set back), added ones removed.
 * 3. A slot belongs to the process that made it. What a dead process left half-made is removed, never trusted.
 */
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { baseOf, freezeAgain } from './base.ts'

/** Build caches that make the next build fast and follow the sources by themselves. */
const KEPT = new Set(['target', '.gradle'])
const REMOVE_ATTEMPTS_MAX = 5
const OWNER = `${process.pid}-${Math.round(performance.timeOrigin)}`

/** A scratch copy, held. */
export type Slot = {
  readonly folder: string
  /** For the tests' own temporary files. */
  readonly temporary: string
  readonly change: (file: string, content: string) => Promise<void>
} & AsyncDisposable

/** Where the frozen code lies, and where it came from. */
export type FrozenCode = { readonly folder: string; readonly scratch: string; readonly fingerprint: string }

type Copy = { readonly folder: string; readonly stamps: Map<string, string> }

class Slots {
  readonly #code: FrozenCode
  readonly #base: string
  readonly #home: string
  readonly #free: Copy[] = []
  #ready: Promise<void> | undefined
  #made = 0

  constructor(code: FrozenCode) {
    this.#code = code
    this.#base = baseOf(code.scratch)
    this.#home = join(code.scratch, 'slots')
  }

  async take(): Promise<Slot> {
    await (this.#ready ??= this.#prepare())
    const copy = this.#free.pop() ?? (await this.#make(this.#made++))
    const temporary = `${copy.folder}.tmp`
    await mkdir(temporary, { recursive: true })
    return {
      folder: copy.folder,
      temporary,
      change: async (file, content) => {
        const path = join(copy.folder, file)
        // Never through a link, whatever the file is.
        await rm(path, { force: true })
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, content)
      },
      [Symbol.asyncDispose]: async () => {
        await rm(temporary, { recursive: true, force: true })
        await mend(this.#base, copy)
        this.#free.push(copy)
      },
    }
  }

  async #prepare(): Promise<void> {
    await freezeAgain(this.#code)
    await removeOthers(this.#home)
  }

  async #make(index: number): Promise<Copy> {
    const copy = { folder: join(this.#home, OWNER, String(index)), stamps: new Map<string, string>() }
    await rm(copy.folder, { recursive: true, force: true })
    await mkdir(copy.folder, { recursive: true })
    await mend(this.#base, copy)
    return copy
  }
}

const pools = new Map<string, Slots>()

/** A scratch copy from the pool of this process; disposing it makes it clean again. */
export function takeSlot(code: FrozenCode): Promise<Slot> {
  let pool = pools.get(code.scratch)
  if (pool === undefined) pools.set(code.scratch, (pool = new Slots(code)))
  return pool.take()
}

/** Removes all copies of a run. False when something still writes there; it lies in the folder for temporary files. */
export async function removeScratch(scratch: string): Promise<boolean> {
  pools.delete(scratch)
  return rm(scratch, { recursive: true, force: true, maxRetries: REMOVE_ATTEMPTS_MAX }).then(
    () => true,
    () => false,
  )
}

async function removeOthers(home: string): Promise<void> {
  for (const name of await readdir(home).catch(() => [])) {
    if (name !== OWNER) await rm(join(home, name), { recursive: true, force: true })
  }
}

/** Makes `copy` equal to the base, touching only what differs. */
async function mend(base: string, copy: Copy, path = ''): Promise<void> {
  const [from, to] = [join(base, path), join(copy.folder, path)]
  const entries = await readdir(from, { withFileTypes: true })
  const wanted = new Set(entries.map((entry) => entry.name))
  for (const name of await readdir(to)) {
    if (!wanted.has(name) && !KEPT.has(name)) await rm(join(to, name), { recursive: true, force: true })
  }
  for (const entry of entries) {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`
    const target = join(copy.folder, inner)
    if (entry.isDirectory()) {
      await makeFolder(target)
      await mend(base, copy, inner)
      continue
    }
    const stamp = await stampOf(target)
    if (stamp !== undefined && stamp === copy.stamps.get(inner)) continue
    if (stamp !== undefined) await rm(target, { recursive: true, force: true })
    if (entry.isSymbolicLink()) await symlink(await readlink(join(base, inner)), target)
    else await copyFile(join(base, inner), target, constants.COPYFILE_FICLONE)
    copy.stamps.set(inner, (await stampOf(target)) ?? '')
  }
}

async function makeFolder(target: string): Promise<void> {
  const about = await lstat(target).catch(() => undefined)
  if (about !== undefined && !about.isDirectory()) await rm(target)
  if (about === undefined || !about.isDirectory()) await mkdir(target)
  else if ((about.mode & 0o700) !== 0o700) await chmod(target, 0o755)
}

async function stampOf(path: string): Promise<string | undefined> {
  const about = await lstat(path, { bigint: true }).catch(() => undefined)
  return about === undefined ? undefined : `${about.ino}/${about.size}/${about.ctimeNs}/${about.mode}`
}
