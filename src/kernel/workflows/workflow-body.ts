/** The body of a workflow: the author's async function, run against its ctx. */
import { toSkeinError } from '../../std/index.ts'
import type { WorkflowDefinition } from '../definitions/definition.ts'
import type { Body, BodyEnd } from '../processes/body.ts'
import type { Process } from '../processes/process.ts'
import type { Ctx } from './context.ts'
import { continuedState } from './continue-as-new.ts'
import { WorkflowContext } from './workflow-context.ts'

/** Runs a workflow. */
export class WorkflowBody implements Body {
  readonly synchronous = false
  end: BodyEnd | undefined
  readonly #process: Process
  readonly #definition: WorkflowDefinition
  readonly #input: () => unknown

  constructor(process: Process, definition: WorkflowDefinition, input: () => unknown) {
    this.#process = process
    this.#definition = definition
    this.#input = input
  }

  start(): void {
    const ctx = new WorkflowContext(this.#process, this.#process.root) as unknown as Ctx
    this.#run(ctx).then(
      (value) => {
        const continued = continuedState(value)
        this.end = continued === undefined ? { type: 'value', value } : { type: 'continue', state: continued.state }
      },
      (thrown: unknown) => {
        this.end = { type: 'error', error: toSkeinError(thrown, 'WORKFLOW_FAILED').toJSON() }
      },
    )
  }

  async #run(ctx: Ctx): Promise<unknown> {
    return this.#definition.run(ctx, this.#input())
  }
}
