/**
 * The copy that blind spots are looked for in: of src and tests as they are now. When those differ from what the copy was made
 * of, it is made anew, and verdicts about the old one are dropped.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeze } from '../../examples/01-blindspots/scratch/base.ts'
import type { Frozen } from '../../examples/01-blindspots/scratch/base.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'

const FOLDERS = ['src/', 'test/']

/** Where the code lies, below the scratch folder. */
export const codeOf = (scratch: string): string => join(scratch, 'code')

/** Where the verdicts lie. */
export const recordsOf = (scratch: string): string => join(scratch, 'records.jsonl')

/** Freezes a folder, again if its src or tests have changed. */
export async function freezeCurrent(folder: string, scratch: string): Promise<Frozen> {
  mkdirSync(scratch, { recursive: true })
  const listed = await listFolder(folder)
  const hash = createHash('sha256')
  for (const file of listed.files.filter((path) => FOLDERS.some((start) => path.startsWith(start)))) {
    const content = contentOf(join(folder, file))
    if (content !== undefined) hash.update(`${file}\0`).update(createHash('sha256').update(content).digest())
  }
  const now = hash.digest('hex')
  const mark = join(scratch, 'sources')
  if (contentOf(mark)?.toString() !== now) {
    rmSync(codeOf(scratch), { recursive: true, force: true })
    rmSync(recordsOf(scratch), { force: true })
    writeFileSync(mark, now)
  }
  return freeze(folder, listed, codeOf(scratch))
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    // Deleted, but still known to git; or a folder.
    return undefined
  }
}
