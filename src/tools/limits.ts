/** Every limit of the tools, by name. */

/** What every model provider takes as a tool's name. */
export const TOOL_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/
/** Tools and steps that may run at once in one host; a tool's own `concurrency` may be lower. */
export const TOOL_CONCURRENCY_MAX = 1_000
/** How long an aborted body may take to end by itself before its driver gives up on it. */
export const ABORT_GRACE_MS = 1_000
/** Longest progress text. */
export const PROGRESS_CHARS_MAX = 2_000

/** Longest path that the folder tools take. */
export const PATH_CHARS_MAX = 4_096
/** Largest file that the folder tools open at all. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024
/** Most text that one read_file gives; more is asked for in line ranges. */
export const READ_BYTES_MAX = 256 * 1024
/** list_files: how deep, how many are shown, how many are looked at. */
export const LIST_DEPTH_DEFAULT = 4
export const LIST_DEPTH_MAX = 32
export const LIST_ENTRIES_DEFAULT = 500
export const LIST_ENTRIES_MAX = 5_000
export const WALK_ENTRIES_MAX = 100_000
/** search_files: what is looked at, for how long, and how much is shown. */
export const SEARCH_MS_MAX = 10_000
export const SEARCH_FILE_BYTES_MAX = 4 * 1024 * 1024
export const SEARCH_LINE_CHARS_MAX = 10_000
export const SEARCH_SHOWN_CHARS_MAX = 400
export const SEARCH_MATCHES_DEFAULT = 100
export const SEARCH_MATCHES_MAX = 1_000
export const PATTERN_CHARS_MAX = 1_000
/** Heap of the thread that runs a regular expression. */
export const PATTERN_HEAP_MIB_MAX = 128
/** Bytes hashed while looking for the text that a patch was applied to; beyond, its outcome is unknown. */
export const RECONCILE_HASH_BYTES_MAX = 256 * 1024 * 1024

/** exec: a command that says nothing about its time. */
export const EXEC_TIMEOUT_MS_DEFAULT = 60_000
/** exec: output that is kept of each stream, half from its beginning and half from its end. */
export const EXEC_OUTPUT_BYTES_DEFAULT = 64 * 1024
/** exec: output of both streams at which the command is killed. */
export const EXEC_OUTPUT_BYTES_HARD_DEFAULT = 64 * 1024 * 1024
/** exec: first and longest pause between two samples of memory and descendants. */
export const EXEC_SAMPLE_MS_FIRST = 20
export const EXEC_SAMPLE_MS_MAX = 250
/** exec: how long killed processes may take to be gone, and their pipes to close. */
export const EXEC_KILL_MS_MAX = 5_000
export const EXEC_CLOSE_MS_MAX = 1_000
/** exec: longest stdin that a tool call carries. */
export const EXEC_STDIN_CHARS_MAX = 16 * 1024 * 1024
