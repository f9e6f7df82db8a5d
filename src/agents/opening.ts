/** What must be known before an agent takes a conversation: some of it only the author's code can say. */
import type { ModelRequest } from '../kernel/index.ts'
import { responseFormatOf } from './output.ts'
import type { AgentPlan } from './plan.ts'
import { instructionsText } from './prompt.ts'
import type { AgentState } from './state.ts'

/** The author's code to run, once and recorded, and where its value goes. */
export type OpeningHook = {
  readonly slot: string
  readonly name: string
  readonly fn: () => unknown
  readonly take: (value: unknown) => void
}

/** Gathers the system text and the format of the answer; what a snapshot holds of them is not asked again. */
export class Opening {
  readonly #plan: AgentPlan
  readonly #input: unknown
  /** What a function gave as instructions. */
  system: string | undefined
  /** What an `Output` of the AI SDK asks of the model; null: text. */
  format: ModelRequest['output'] | null | undefined

  constructor(plan: AgentPlan, input: unknown, known: Pick<AgentState, 'system' | 'format'> = {}) {
    this.#plan = plan
    this.#input = input
    this.system = known.system
    this.format = known.format
  }

  /** The text of the instructions. Throws `DEFINITION_INVALID`. */
  get text(): string {
    const { instructions, name } = this.#plan
    const given: unknown = typeof instructions === 'function' ? this.system : instructions
    return given === undefined ? '' : instructionsText(given, name)
  }

  hooks(at: string): readonly OpeningHook[] {
    const { instructions, output } = this.#plan
    const hooks: OpeningHook[] = []
    if (typeof instructions === 'function' && this.system === undefined) {
      const fn = (): unknown => instructions(this.#input)
      const take = (text: unknown): void => void (this.system = text as string)
      hooks.push({ slot: `${at}/instructions`, name: 'instructions', fn, take })
    }
    if (output.kind === 'hook' && this.format === undefined) {
      const fn = (): unknown => responseFormatOf(output.output)
      const take = (format: unknown): void => void (this.format = format as ModelRequest['output'] | null)
      hooks.push({ slot: `${at}/output`, name: 'output', fn, take })
    }
    return hooks
  }
}
