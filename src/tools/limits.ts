/** Every limit of the tools, by name. */

/** What every model provider takes as a tool's name. */
export const TOOL_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/
/** Tools and steps that may run at once in one host; a tool's own `concurrency` may be lower. */
export const TOOL_CONCURRENCY_MAX = 1_000
/** Longest progress text. */
export const PROGRESS_CHARS_MAX = 2_000

/** Longest path that the folder tools take. */
export const PATH_CHARS_MAX = 4_096
/** Largest file that the folder tools open at all. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024
/** Most text that one read_file gives; more is asked for in line ranges. */
export const READ_BYTES_MAX = 256 * 1024
/** list_files: levels. */
export const LIST_DEPTH_DEFAULT = 4
/** Deepest level that is looked into. */
export const LIST_DEPTH_MAX = 32
/** list_files: entries that are shown. */
export const LIST_ENTRIES_DEFAULT = 500
/** Most entries that one list shows. */
export const LIST_ENTRIES_MAX = 5_000
/** Entries that are looked at by one list or search. */
export const WALK_ENTRIES_MAX = 100_000
/** search_files: time of one search. */
export const SEARCH_MS_MAX = 10_000
/** Larger files are not searched. */
export const SEARCH_FILE_BYTES_MAX = 4 * 1024 * 1024
/** What a regular expression sees of a line. */
export const SEARCH_LINE_CHARS_MAX = 10_000
/** What is shown of a matching line. */
export const SEARCH_SHOWN_CHARS_MAX = 400
/** search_files: matching lines that are shown. */
export const SEARCH_MATCHES_DEFAULT = 100
/** Most matching lines that one search shows. */
export const SEARCH_MATCHES_MAX = 1_000
/** Longest pattern. */
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
/** exec: first pause before a sample of memory and descendants; the next ones are longer. */
export const EXEC_SAMPLE_MS_FIRST = 20
/** exec: longest pause between two samples. */
export const EXEC_SAMPLE_MS_MAX = 250
/** exec: how long killed processes may take to be gone. */
export const EXEC_KILL_MS_MAX = 5_000
/** exec: how long their pipes may take to close after that. */
export const EXEC_CLOSE_MS_MAX = 1_000
/** exec: longest stdin that a tool call carries. */
export const EXEC_STDIN_CHARS_MAX = 16 * 1024 * 1024

/** http_get: longest URL. */
export const URL_CHARS_MAX = 8_192
/** http_get: redirects that are followed. */
export const HTTP_REDIRECTS_MAX = 5
/** http_get: headers of an answer. */
export const HTTP_HEADER_BYTES_MAX = 64 * 1024
/** http_get: content, after decompression, unless the tool says otherwise. */
export const HTTP_BYTES_DEFAULT = 2 * 1024 * 1024
/** http_get: the whole exchange, unless the tool says otherwise. */
export const HTTP_TIMEOUT_MS_DEFAULT = 30_000
/** http_get: time between the end of the exchange's time and the gate's. */
export const HTTP_WINDING_UP_MS = 1_000
