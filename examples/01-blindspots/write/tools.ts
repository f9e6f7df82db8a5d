/** The writer's tools: two that look, the runs that prove, and the one that changes the working tree. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SkeinError, tool } from 'skein'
import { folderTools } from 'skein/tools'
import { z } from 'zod'
import { ADD_TESTS_EXPIRES } from '../limits.ts'
import { changed } from '../run/changes.ts'
import { runTests } from '../run/tests.ts'
import { Change, Code, Tests } from '../run/types.ts'
import { baseOf } from '../scratch/base.ts'
import { takeSlot } from '../scratch/slots.ts'
import { diffOf, sha256 } from './patch.ts'
import { placed } from './place.ts'
import { surroundingsOf } from './surroundings.ts'
import { ABSENT, Proposal, TestFile } from './types.ts'

/** Looks at the frozen code around a blind spot. */
export const lookAround = tool({
  name: 'look-around',
  description: 'Reads the file with a blind spot, and the tests around it',
  effect: 'read',
  inputSchema: z.object({ code: Code, change: Change, patch: z.array(TestFile) }),
  execute: ({ code, change, patch }) => surroundingsOf(baseOf(code.scratch), change, patch),
})

/** Makes a file of a proposal, if it may be written. */
export const placeTest = tool({
  name: 'place-test',
  description: 'Makes a test file of what a model proposes; refuses what is no test',
  effect: 'read',
  inputSchema: z.object({ code: Code, patch: z.array(TestFile), proposal: Proposal }),
  execute: ({ code, patch, proposal }) => placed(baseOf(code.scratch), patch, proposal),
})

const Run = z.object({ code: Code, patch: z.array(TestFile), change: Change.optional(), tests: Tests })

function runWithPatch(name: string, description: string) {
  return tool({
    name,
    description,
    // Made from the frozen base, these files and this change; cleaned afterwards.
    idempotent: true,
    inputSchema: Run,
    execute: async ({ code, patch, change, tests }, { abortSignal }) => {
      await using slot = await takeSlot(code)
      for (const { path, text } of patch) await slot.change(path, text)
      if (change !== undefined) {
        const source = await readFile(join(baseOf(code.scratch), change.file), 'utf8')
        await slot.change(change.file, changed(source, change).text)
      }
      // Awaited here: the slot is cleaned on the way out.
      return await runTests(slot, tests, abortSignal)
    },
  })
}

/** All tests, with the new one, on the program as it is: must be green. */
export const passOnOriginal = runWithPatch('pass-on-original', 'Runs the tests and a new one on the unchanged program')
/** The same on the changed program: must not be green. */
export const failOnMutant = runWithPatch('fail-on-mutant', 'Runs the tests and a new one on the changed program')
/** The same with a change that was noticed before: must not be green, or the new lines switch other tests off. */
export const stillNotices = runWithPatch('still-notices', 'Runs the tests and a new one on a change noticed before')
/** All new tests together, on the program as it is. */
export const passTogether = runWithPatch('pass-together', 'Runs the tests with all new ones on the unchanged program')

/** What is approved: these files become this, if they are still what they were. */
export const AddTestsInput = z.object({
  folder: z.string(),
  /** The hash over all that follows; see `patchHash`. */
  patch: z.string(),
  files: z.array(TestFile),
  /** Sources that the tests were proved against. */
  sources: z.array(z.object({ path: z.string(), sha256: z.string() })),
})
export type AddTestsInput = z.infer<typeof AddTestsInput>

/**
 * Adds the proved tests to the working tree. Nothing is written unless every file is what it was when the code was
 * frozen; each is then replaced whole. A crash in between is told by the files' hashes, and the rest is written under
 * the same key.
 */
export const addTests = tool({
  name: 'add-tests',
  description: 'Adds proved tests to a working tree',
  inputSchema: AddTestsInput,
  needsApproval: true,
  approvalExpires: ADD_TESTS_EXPIRES,
  execute: async ({ folder, files, sources }, options) => {
    const states = await statesOf(folder, files)
    const moved = files.filter((_, at) => states[at] === 'other').map(({ path }) => path)
    const there = files.filter((_, at) => states[at] === 'done').map(({ path }) => path)
    if (there.length === 0)
      for (const { path, sha256: hash } of sources) if ((await hashIn(folder, path)) !== hash) moved.push(path)
    if (moved.length > 0) throw hasChanged(moved, there)
    const { write_file: writeFile } = folderTools({ root: folder, write: true })
    for (const [i, { path, text, base }] of files.entries()) {
      if (states[i] === 'base') await writeFile.execute({ path, text, expectedHash: base }, options)
    }
    return { files: files.map(({ path }) => path) }
  },
  reconcile: async ({ folder, files }) => {
    const states = await statesOf(folder, files)
    if (states.every((state) => state === 'done')) return { done: { files: files.map(({ path }) => path) } }
    // Whole files were written, or none yet: what is missing can be written without doubling anything.
    return states.includes('other') ? { unknown: true } : { absent: true }
  },
})

function hasChanged(moved: readonly string[], there: readonly string[]): SkeinError {
  const written = there.length === 0 ? 'nothing was written' : `only ${there.join(', ')} was written`
  return new SkeinError(
    'FILE_CHANGED',
    `${moved.join(', ')} changed since this run began, so ${written}; look at the patch, or start another run`,
  )
}

type State = 'base' | 'done' | 'other'

async function statesOf(folder: string, files: readonly TestFile[]): Promise<readonly State[]> {
  return Promise.all(
    files.map(async ({ path, base, sha256: becomes }) => {
      const hash = await hashIn(folder, path)
      return hash === becomes ? 'done' : hash === base ? 'base' : 'other'
    }),
  )
}

async function hashIn(folder: string, path: string): Promise<string> {
  const bytes = await readFile(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  return bytes === undefined ? ABSENT : sha256(bytes)
}

/** What the patch looks like as a diff. */
export const diffPatch = tool({
  name: 'diff-patch',
  description: 'Shows proved tests as a diff',
  effect: 'read',
  inputSchema: z.object({ code: Code, patch: z.array(TestFile) }),
  execute: async ({ code, patch }) => {
    const diffs = patch.map(async (file) => {
      const was = file.base === ABSENT ? undefined : await readFile(join(baseOf(code.scratch), file.path), 'utf8')
      return diffOf(file, was)
    })
    return { text: (await Promise.all(diffs)).join('') }
  },
})

/** The hashes of sources, as they were when the code was frozen. */
export const hashSources = tool({
  name: 'hash-sources',
  description: 'Hashes source files of the frozen code',
  effect: 'read',
  inputSchema: z.object({ code: Code, files: z.array(z.string()) }),
  execute: ({ code, files }) =>
    Promise.all(files.map(async (path) => ({ path, sha256: await hashIn(baseOf(code.scratch), path) }))),
})
