/** Makes and starts the body that a definition describes, for the current segment. */
import { decode, unreachable } from '../../std/index.ts'
import { CANCEL_KEY } from './cancel.ts'
import { ReducerBody } from './reducer-body.ts'
import type { Process } from './process.ts'
import { WorkflowBody } from '../workflows/workflow-body.ts'

/** Starts the body; called inside a macrotask of the process's own. */
export function startBody(process: Process): void {
  registerCancel(process)
  process.body?.start()
}

/** Makes the body of the current segment. */
export function makeBody(process: Process): void {
  const { definition } = process
  if (definition === undefined) return
  switch (definition.kind) {
    case 'workflow':
      process.body = new WorkflowBody(process, definition, () => decode(process.state.input))
      return
    case 'agent':
      process.body = new ReducerBody(process, definition, () => reducerGiven(process))
      return
    default:
      unreachable(definition, 'kind of definition')
  }
}

/** An agent keeps the input it was born with; what a snapshot holds is its state. */
function reducerGiven({ state }: Process): { input: unknown; state?: unknown } {
  const input = decode(state.born?.input.text ?? state.input)
  return state.segment === 0 ? { input } : { input, state: decode(state.input) }
}

/** The closing of the root scope is delivered like everything else, in `seq` order. */
function registerCancel(process: Process): void {
  const { root } = process
  process.register({
    op: 'close',
    key: CANCEL_KEY,
    scope: root,
    closes: root.path,
    concluded: root,
    why: 'failed',
    settle: () => undefined,
  })
  const record = process.state.effects.get(CANCEL_KEY)
  if (record?.outcome !== undefined) process.queue.push(record.outcomeSeq, CANCEL_KEY)
}
