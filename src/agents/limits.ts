/** Limits of an agent's loop. */
/** Steps of an agent that says nothing about them. */
export const STEPS_DEFAULT = 20
/** Steps of an agent whose `stopWhen` never says stop; also the most that `maxSteps` may be. */
export const STEPS_MAX = 1_000
/** How often a final answer that does not fit its output is put back before the model. */
export const REPAIRS_MAX = 2
/** Tool calls of one step that are performed; the model is told about the rest. */
export const CALLS_PER_STEP_MAX = 128
/** Characters of a tool's result that the model sees; the journal keeps the whole value. */
export const RESULT_CHARS_MAX = 60_000
/** Characters of a tool's error that the model sees. */
export const ERROR_CHARS_MAX = 4_000
/** Characters of a model's text that an error quotes. */
export const QUOTE_CHARS_MAX = 500
/** Faults of an input that a model is told of at once. */
export const ISSUES_MAX = 5
/** How often the same call may have the same outcome before the model is told so; the time after that is the end. */
export const REPEATS_DEFAULT = 3
/** The least that `loopDetection.repeats` may be. */
export const REPEATS_MIN = 2
/** The most that it may be. */
export const REPEATS_MAX = 1_000
/** Estimated tokens around a message or a part of it. */
export const PART_TOKENS = 4
/** Estimated tokens of an image, and at least of any file. */
export const FILE_TOKENS = 1_600
/** Steps that `stopWhen` is shown whole; of older ones it sees the calls and the usage. */
export const STEPS_SHOWN_WHOLE = 50
/** The least `context.tokensMax`. */
export const CONTEXT_TOKENS_MIN = 500
/** Estimated tokens of the summary that stands for the older part of a conversation. */
export const SUMMARY_TOKENS_MAX = 4_000
/** The least room for it. */
export const SUMMARY_TOKENS_MIN = 64
/** Output tokens of the call that writes it: some models think before they write. */
export const SUMMARY_ANSWER_TOKENS = 8_192
