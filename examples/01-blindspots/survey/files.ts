/** The files of a folder that its people wrote: what git knows or would know, else all but what tools leave behind. */
import { execFile } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Folders that hold other people's code; a scratch copy gets a link to them. */
const LINKED = new Set(['node_modules', '.venv', 'venv', '.bundle', '.tox', '.nox'])
const LEFT_BEHIND = new Set(
  (
    '.git .hg .svn .skein dist build out target coverage .next .nuxt .cache .gradle .idea .vscode __pycache__ ' +
    '.pytest_cache .mypy_cache .ruff_cache .turbo .parcel-cache .DS_Store'
  ).split(' '),
)
const GIT_OUTPUT_BYTES_MAX = 64 * 1024 * 1024
/** Folders of dependencies are looked for this deep, as workspaces have them. */
const LINK_DEPTH_MAX = 4

export type FolderFiles = {
  /** Relative paths, with `/`, in order. */
  readonly files: readonly string[]
  /** Folders of dependencies, relative. */
  readonly links: readonly string[]
  readonly by: 'git' | 'walk'
}

/** Lists a folder. Tracked files, and new ones that git does not ignore; without git, what a walk finds. */
export async function listFolder(folder: string): Promise<FolderFiles> {
  const known = await knownToGit(folder)
  const walked = await walk(folder, known === undefined ? Number.POSITIVE_INFINITY : LINK_DEPTH_MAX)
  const tracked = new Set(known?.map((file) => file.slice(0, file.indexOf('/'))))
  const links = walked.links.filter((link) => !tracked.has(link))
  return { files: (known ?? walked.files).toSorted(), links, by: known === undefined ? 'walk' : 'git' }
}

async function knownToGit(folder: string): Promise<readonly string[] | undefined> {
  const args = ['-C', folder, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
  try {
    const { stdout } = await promisify(execFile)('git', args, { maxBuffer: GIT_OUTPUT_BYTES_MAX })
    const files = new Set(stdout.split('\0').filter((file) => file !== '' && !file.endsWith('/')))
    // A folder that git ignores as a whole is still a folder that was named.
    return files.size === 0 ? undefined : [...files]
  } catch {
    return undefined
  }
}

async function walk(root: string, depthMax: number): Promise<{ readonly files: string[]; readonly links: string[] }> {
  const files: string[] = []
  const links: string[] = []
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (LEFT_BEHIND.has(entry.name)) continue
      if (LINKED.has(entry.name)) {
        if (entry.isDirectory() || entry.isSymbolicLink()) links.push(path)
      } else if (entry.isDirectory()) {
        if (depth < depthMax) await visit(path, depth + 1)
      } else if (entry.isFile() || entry.isSymbolicLink()) files.push(path)
    }
  }
  await visit('', 0)
  return { files, links }
}

/** True for a folder that is there. */
export async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (about) => about.isDirectory() || about.isSymbolicLink(),
    () => false,
  )
}
