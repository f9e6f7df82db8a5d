/** Where a writer may write: test files, and nothing that leads elsewhere. */
import { lstat, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { TEST_BYTES_MAX } from '../limits.ts'
import { isTest } from '../survey/kinds.ts'
import { sha256, withInsertions } from './patch.ts'
import { ABSENT } from './types.ts'
import type { Proposal, TestFile } from './types.ts'

/** Why nobody may write there; undefined when one may. Pure. */
export function pathFault(path: string): string | undefined {
  const isPlain = path !== '' && !path.startsWith('/') && !/[\\\0]/.test(path) && posix.normalize(path) === path
  const parts = path.split('/')
  if (!isPlain || parts.includes('..')) return `"${path}" is no plain relative path`
  if (parts.some((part) => part.startsWith('.') || part === 'node_modules')) return `"${path}" belongs to a tool`
  if (!isTest(path)) return `"${path}" is no test: only files of tests may be written, such as those you were shown`
  return undefined
}

/** The test file that a proposal makes of the frozen code and what was proved before, or why it makes none. */
export async function placed(
  base: string,
  patch: readonly TestFile[],
  { path, insertions }: Proposal,
): Promise<{ readonly file: TestFile } | { readonly why: string }> {
  const fault = pathFault(path) ?? (await linkFault(base, path))
  if (fault !== undefined) return { why: fault }
  const before = patch.find((file) => file.path === path)
  const bytes = await readFile(join(base, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const content = bytes === undefined ? undefined : textOf(bytes)
  if (bytes !== undefined && content === undefined) return { why: `"${path}" is no text` }
  const made = withInsertions(before?.text ?? content, insertions)
  if ('why' in made) return made
  if (made.text.length > TEST_BYTES_MAX) return { why: `"${path}" would be larger than ${TEST_BYTES_MAX} bytes` }
  const hash = bytes === undefined ? ABSENT : sha256(bytes)
  return { file: { path, base: hash, text: made.text, sha256: sha256(made.text) } }
}

/** A link may lead out of the copy; a folder is no file. */
async function linkFault(base: string, path: string): Promise<string | undefined> {
  const parts = path.split('/')
  for (const [i, part] of parts.entries()) {
    const about = await lstat(join(base, ...parts.slice(0, i), part)).catch(() => undefined)
    if (about === undefined) return undefined
    const isLast = i === parts.length - 1
    if (about.isSymbolicLink()) return `"${path}" leads through a link`
    if (isLast ? !about.isFile() : !about.isDirectory()) return `"${path}" is no file`
  }
  return undefined
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
