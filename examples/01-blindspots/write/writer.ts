/** One writer: a model proposes a test for one blind spot, runs prove it or show what is wrong, within a bound. */
import { workflow } from 'skein'
import type { Ctx } from 'skein'
import type { ChatMessage } from 'skein/kernel'
import { LOOK_MS, MODEL_MS, MODEL_TOKENS_MAX, WRITER_ATTEMPTS_MAX } from '../limits.ts'
import { assignmentText, COMPLAINTS, proposalText, SYSTEM } from './prompt.ts'
import { failOnMutant, lookAround, passOnOriginal, placeTest, stillNotices } from './tools.ts'
import { Assignment, Proposal, WriterEnd } from './types.ts'
import type { TestFile } from './types.ts'

/** Writes the test that notices one survivor; what it claims was executed. */
export const writeTest = workflow(
  { name: 'write-test', input: Assignment, output: WriterEnd },
  async (ctx, assignment): Promise<WriterEnd> => {
    const { survivor, patch, model } = assignment
    const { change } = survivor
    const proof = new Proof(ctx, assignment)
    const kept = { change, attempts: 0, refused: 0, patch: [...patch] }
    // One test often notices more than it was written for.
    if (patch.length > 0 && (await proof.notices(patch))) return { ...kept, type: 'covered', mutant: proof.mutant }
    const seen = await ctx.tool(lookAround, { code: assignment.code, change, patch }, { timeout: LOOK_MS })
    const messages: ChatMessage[] = [user(assignmentText(survivor, seen, assignment.tests.argv))]
    let [refused, why] = [0, '']
    for (let attempt = 1; attempt <= WRITER_ATTEMPTS_MAX; attempt++) {
      const proposal = await proposed(ctx, model, messages)
      if (proposal.skip !== '') {
        return { ...kept, type: 'given up', attempts: attempt, refused, why: `the model says: ${proposal.skip}` }
      }
      const made = await ctx.tool(placeTest, { code: assignment.code, patch, proposal }, { timeout: LOOK_MS })
      if ('why' in made) {
        refused += 1
        why = made.why
        messages.push(said(proposal), user(COMPLAINTS.refused(why)))
        continue
      }
      const files = [...patch.filter(({ path }) => path !== made.file.path), made.file]
      const fault = await proof.faultOf(files, made.file.path)
      if (fault === undefined) {
        const { original, mutant } = proof
        return {
          type: 'proved',
          change,
          path: made.file.path,
          original,
          mutant,
          attempts: attempt,
          refused,
          patch: files,
        }
      }
      why = fault.short
      messages.push(said(proposal), user(fault.complaint))
    }
    return { ...kept, type: 'given up', attempts: WRITER_ATTEMPTS_MAX, refused, why }
  },
)

async function proposed(ctx: Ctx, model: string, messages: readonly ChatMessage[]): Promise<Proposal> {
  const sampling = { maxOutputTokens: MODEL_TOKENS_MAX }
  const { output } = await ctx.model(
    { model, system: SYSTEM, messages: [...messages], output: Proposal, sampling },
    { timeout: MODEL_MS },
  )
  return output
}

function user(text: string): ChatMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

function said(proposal: Proposal): ChatMessage {
  return { role: 'assistant', content: [{ type: 'text', text: proposalText(proposal) }] }
}

/** The runs of one writer; the last of each kind is the proof, by its name in the journal. */
class Proof {
  readonly #ctx: Ctx
  readonly #assignment: Assignment
  readonly #runs = new Map<string, number>()
  original = ''
  mutant = ''

  constructor(ctx: Ctx, assignment: Assignment) {
    this.#ctx = ctx
    this.#assignment = assignment
  }

  /** True when the tests, with these files, notice the survivor. */
  async notices(patch: readonly TestFile[]): Promise<boolean> {
    const { code, tests, survivor, costs } = this.#assignment
    const input = { code, patch: [...patch], change: survivor.change, tests }
    const { verdict } = await this.#ctx.tool(failOnMutant, input, { timeout: costs.worstMs })
    this.mutant = this.#named(failOnMutant.name)
    return verdict !== 'green'
  }

  /** What is wrong with a patch, for the model and in short; undefined when it is proved. */
  async faultOf(
    patch: readonly TestFile[],
    path: string,
  ): Promise<{ readonly short: string; readonly complaint: string } | undefined> {
    const { code, tests, witnesses, costs } = this.#assignment
    const input = { code, patch: [...patch], tests }
    const { verdict, ended, tail } = await this.#ctx.tool(passOnOriginal, input, { timeout: costs.worstMs })
    this.original = this.#named(passOnOriginal.name)
    if (verdict !== 'green')
      return { short: `its test fails on the unchanged program (${ended})`, complaint: COMPLAINTS.red(ended, tail) }
    if (!(await this.notices(patch)))
      return { short: 'its test does not notice the change', complaint: COMPLAINTS.green(path) }
    for (const change of witnesses) {
      const before = await this.#ctx.tool(stillNotices, { ...input, change }, { timeout: costs.worstMs })
      if (before.verdict === 'green')
        return { short: 'its test keeps others from running', complaint: COMPLAINTS.blind() }
    }
    return undefined
  }

  /** An effect as `skein show` finds it: the n-th of its name. */
  #named(name = ''): string {
    const n = (this.#runs.get(name) ?? 0) + 1
    this.#runs.set(name, n)
    return `${this.#ctx.pid}/${name}${n === 1 ? '' : `#${n}`}`
  }
}
