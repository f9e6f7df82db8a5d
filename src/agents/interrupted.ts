/** What a model is shown of calls that had no outcome when somebody spoke. */
import type { ToolResultPart } from '../kernel/index.ts'

type Shown = ToolResultPart['output']

/** The answer that called for it came after somebody had spoken. */
export const NOT_BEGUN: Shown = { type: 'error-text', value: 'Not begun: the user spoke first.' }
/** A read, or a write that was still waiting. */
export const NOT_DONE: Shown = {
  type: 'error-text',
  value: 'Not done: the user spoke before it had begun, or before it answered.',
}
/** A sub-agent. */
export const BROKEN_OFF: Shown = {
  type: 'error-text',
  value: 'Broken off: the user spoke before it had ended. What it had done by then stays done.',
}
/** A write that had begun. */
export const STILL_RUNNING: Shown = {
  type: 'text',
  value: 'It had begun when the user spoke, and is still running. You will be told its result.',
}
