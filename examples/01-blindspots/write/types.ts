/** What the writer hands on; all of it is data. */
import { z } from 'zod'
import { Change, Code, Survivor, Tests } from '../run/types.ts'
import { Costs } from '../run/trial.ts'

/** What stands for "there was no such file" where a hash is expected. */
export const ABSENT = 'absent'

/** A test file as the patch leaves it. `base` is the hash of what it was when the code was frozen. */
export const TestFile = z.object({ path: z.string(), base: z.string(), text: z.string(), sha256: z.string() })
export type TestFile = z.infer<typeof TestFile>

/** What a model proposes: lines are added, nothing is taken away. */
export const Proposal = z.object({
  skip: z.string().describe('Why no test can notice this change; empty when one can.'),
  path: z.string().describe('The test file to extend, or a new one beside the others; relative.'),
  insertions: z
    .array(
      z.object({
        after: z.string().describe('Text that is in the file exactly once; empty: at the end, or a new file.'),
        text: z.string().describe('Whole lines that come after the line of that text.'),
      }),
    )
    .describe('All that is added.'),
})
export type Proposal = z.infer<typeof Proposal>

/** What one writer is given. */
export const Assignment = z.object({
  code: Code,
  survivor: Survivor,
  /** Changes to the same file that are noticed already, and must go on being noticed. */
  witnesses: z.array(Change),
  /** Tests that were proved before this one. */
  patch: z.array(TestFile),
  tests: Tests,
  costs: Costs,
  model: z.string(),
})
export type Assignment = z.infer<typeof Assignment>

/** What became of one survivor. `original` and `mutant` name the runs that prove it. */
export const WriterEnd = z.object({
  type: z.enum(['proved', 'covered', 'given up']),
  change: Change,
  path: z.string().optional(),
  original: z.string().optional(),
  mutant: z.string().optional(),
  /** Answers of the model. */
  attempts: z.int(),
  /** Answers that were refused without a run: outside of the tests, or no patch. */
  refused: z.int(),
  why: z.string().optional(),
  /** The patch with this test in it. */
  patch: z.array(TestFile),
})
export type WriterEnd = z.infer<typeof WriterEnd>

/** The same without the patch, for those who only tell of it. */
export const Ending = WriterEnd.omit({ patch: true })
export type Ending = z.infer<typeof Ending>

/** What became of the patch. */
export const Fate = z.enum(['nothing', 'asked', 'applied', 'denied', 'expired', 'changed', 'failed', 'red'])
export type Fate = z.infer<typeof Fate>

/** All that was written, as the summary and the report show it. */
export const Written = z.object({
  model: z.string(),
  ends: z.array(Ending),
  /** Survivors that nobody looked at, and why. */
  left: z.int(),
  stopped: z.string().optional(),
  files: z.array(z.string()),
  /** The hash that the approval is bound to, and where the patch lies. */
  patch: z.string(),
  patchFile: z.string(),
  fate: Fate,
  why: z.string().optional(),
  tokens: z.int(),
  microUsd: z.int(),
})
export type Written = z.infer<typeof Written>
