/** Every limit of the tools, by name. */

/** What every model provider takes as a tool's name. */
export const TOOL_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/
/** Tools and steps that may run at once in one host; a tool's own `concurrency` may be lower. */
export const TOOL_CONCURRENCY_MAX = 1_000
/** How long an aborted body may take to end by itself before its driver gives up on it. */
export const ABORT_GRACE_MS = 1_000
/** Longest progress text. */
export const PROGRESS_CHARS_MAX = 2_000
