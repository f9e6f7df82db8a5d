/** The tools of the run: everything that touches the world. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tool } from 'skein'
import { z } from 'zod'
import { BROKEN, hashOf, proposalsFor, usable } from '../code/propose.ts'
import { APPROVAL_EXPIRES, PATIENCE_FACTOR, PATIENCE_MS, SCRATCH_MS } from '../limits.ts'
import { baseOf, freeze } from '../scratch/base.ts'
import { takeSlot } from '../scratch/slots.ts'
import { listFolder } from '../survey/files.ts'
import { survey } from '../survey/survey.ts'
import { changed } from './changes.ts'
import { runTests } from './tests.ts'
import { Change, Code, Tests } from './types.ts'

/** Freezes the code and looks what there is to try. */
export const surveyFolder = tool({
  name: 'survey',
  description: 'Copies a folder and finds its sources and tests',
  // The copy is whole or not there, so a repeat does no harm.
  idempotent: true,
  inputSchema: z.object({ folder: z.string(), scratch: z.string(), only: z.array(z.string()) }),
  execute: async ({ folder, scratch, only }) => {
    const listed = await listFolder(folder)
    const frozen = await freeze(folder, listed, scratch)
    return {
      ...frozen,
      ...(await survey(baseOf(scratch), listed.files, only)),
      by: listed.by,
      links: listed.links.length,
    }
  },
})

/** What is approved: this command, so often, on copies of this folder. */
export const BaselineInput = z.object({
  command: z.array(z.string()),
  folder: z.string(),
  runsAtMost: z.int(),
  sideBySide: z.int(),
  network: z.boolean(),
  code: Code,
  testMs: z.int(),
  /** The model whose tests are run as well. */
  writer: z.string().optional(),
})

export type BaselineInput = z.infer<typeof BaselineInput>

/** Runs the tests on untouched copies, side by side as the trials will: they must be green every time. */
export const baseline = tool({
  name: 'run-tests',
  description: 'Runs a test command in scratch copies of a folder',
  idempotent: true,
  inputSchema: BaselineInput,
  needsApproval: true,
  approvalExpires: APPROVAL_EXPIRES,
  execute: async ({ command: argv, network, code, testMs, sideBySide }, { abortSignal }) => {
    const one = async () => {
      const started = performance.now()
      await using slot = await takeSlot(code)
      const copyMs = Math.round(performance.now() - started)
      return { copyMs, ...(await runTests(slot, { argv, testMs, network }, abortSignal)) }
    }
    const ended =
      sideBySide > 1 ? await Promise.all(Array.from({ length: sideBySide }, one)) : [await one(), await one()]
    const [ms, copyMs] = [Math.max(...ended.map((run) => run.ms)), Math.max(...ended.map((run) => run.copyMs))]
    const green = ended.filter((run) => run.verdict === 'green').length
    const bad = ended.find((run) => run.verdict !== 'green')
    const failure = bad === undefined ? undefined : { verdict: bad.verdict, ended: bad.ended, tail: bad.tail }
    const patience = { testMs: Math.ceil(ms * PATIENCE_FACTOR + PATIENCE_MS), scratchMs: SCRATCH_MS + 2 * copyMs }
    return { runs: ended.length, green, ms, ...patience, ...(failure === undefined ? {} : { failure }) }
  },
})

/** Breaks every source file at once. Tests that stay green do not look at this copy at all. */
export const alarm = tool({
  name: 'break-everything',
  description: 'Runs the tests in a scratch copy whose sources are all broken',
  idempotent: true,
  inputSchema: z.object({ code: Code, files: z.array(z.string()), tests: Tests }),
  execute: async ({ code, files, tests }, { abortSignal }) => {
    await using slot = await takeSlot(code)
    for (const file of files) await slot.change(file, BROKEN)
    const { verdict, ms, ended } = await runTests(slot, tests, abortSignal)
    return { verdict, ms, ended }
  },
})

/** The next changes to try in one file. Offline the proposer is a rule set. */
export const propose = tool({
  name: 'propose',
  description: 'Proposes small changes to a file, by rule',
  effect: 'read',
  inputSchema: z.object({ code: Code, file: z.string(), from: z.int(), stride: z.int(), most: z.int() }),
  execute: async ({ code, file, from, stride, most }) => {
    const source = await readFile(join(baseOf(code.scratch), file), 'utf8')
    const all = proposalsFor(file, source)
    const changes: { readonly index: number; readonly change: Change }[] = []
    let [next, dropped] = [from, 0]
    for (; next < all.length && changes.length < most; next += stride) {
      const change = all[next]
      if (change === undefined || !usable(file, source, change)) dropped += 1
      else changes.push({ index: next, change: { ...change } })
    }
    return { changes, dropped, next: next < all.length ? next : null }
  },
})

/**
 * One change in a scratch copy of its own, and one run of the tests. It may be repeated: the copy is made from the
 * frozen base and this change, and is cleaned afterwards.
 */
export const tryChange = tool({
  name: 'try-change',
  description: 'Makes one change in a scratch copy and runs the tests there',
  idempotent: true,
  inputSchema: z.object({ code: Code, change: Change, tests: Tests }),
  execute: async ({ code, change, tests }, { abortSignal }) => {
    await using slot = await takeSlot(code)
    const { text, was, is } = changed(await readFile(join(baseOf(code.scratch), change.file), 'utf8'), change)
    await slot.change(change.file, text)
    const { verdict, ms, ended } = await runTests(slot, tests, abortSignal)
    return { verdict, ms, ended, was, is }
  },
})

/** Writes the report, whole or not at all; a half-done attempt is told by the file's hash. */
export const writeReport = tool({
  name: 'write-report',
  description: 'Writes the report to a file',
  inputSchema: z.object({ path: z.string(), text: z.string(), sha256: z.string() }),
  execute: async ({ path, text, sha256 }, { idempotencyKey }) => {
    const half = `${path}.${hashOf(idempotencyKey).slice(0, 8)}.half`
    await writeFile(half, text)
    await rename(half, path)
    return { path, sha256 }
  },
  reconcile: async ({ path, sha256 }) => {
    const there = await readFile(path, 'utf8').catch(() => undefined)
    return there !== undefined && hashOf(there) === sha256 ? { done: { path, sha256 } } : { absent: true }
  },
})
