/**
 * Every error code of Skein, with whether trying again can help and the exit code of the command line.
 * `docs/errors.md` has a heading for each (a test compares the two).
 */
type CodeEntry = { readonly retryable: boolean; readonly exit: number }

const entry = (retryable: boolean, exit: number): CodeEntry => ({ retryable, exit })
const failed = entry(false, 1)
const again = entry(true, 1)
const usage = entry(false, 2)
const parked = entry(false, 4)
const budget = entry(false, 5)

/** Code → whether trying again can help, and the exit code. */
export const ERROR_CODES = {
  // workflow authors
  ARGS_NOT_DATA: usage,
  RESULT_NOT_DATA: failed,
  INPUT_INVALID: usage,
  OUTPUT_INVALID: failed,
  SCHEMA_ASYNC: usage,
  SCHEMA_UNSUPPORTED: usage,
  DEFINITION_INVALID: usage,
  FOREIGN_AWAIT: parked,
  FOREIGN_TOUCH: failed,
  FLOATING_CALL: failed,
  SCOPE_PROMISE: usage,
  SCOPE_SUSPENDED: usage,
  SCOPE_CLOSED: usage,
  SEGMENT_TOO_LONG: failed,
  CONTINUE_AS_NEW_INVALID: usage,
  WORKFLOW_DIVERGED: parked,
  CODE_ABSENT: parked,
  UPGRADE_AMBIGUOUS: parked,
  NOT_AVAILABLE: usage,
  WORKFLOW_FAILED: failed,
  // effects
  EFFECT_FAILED: failed,
  EFFECT_TIMEOUT: again,
  EFFECT_LOST: again,
  UNKNOWN_OUTCOME: parked,
  UNKNOWN_FIRST: usage,
  EFFECT_UNKNOWN: usage,
  NOT_WAITING: usage,
  RETRY_REFUSED: usage,
  TOOL_GONE: failed,
  TOOL_UNKNOWN: failed,
  CANCELLED: entry(false, 130),
  WRITE_IN_FORK: failed,
  APPROVAL_DENIED: failed,
  APPROVAL_EXPIRED: failed,
  BUDGET_EXCEEDED: budget,
  ACCOUNT_FROZEN: budget,
  STEPS_EXCEEDED: failed,
  LOOP_DETECTED: failed,
  CONTEXT_EXCEEDED: failed,
  STATE_INVALID: failed,
  VALUE_TOO_LARGE: failed,
  // messages and children
  MAILBOX_FULL: again,
  PROCESS_UNKNOWN: usage,
  PROCESS_ENDED: usage,
  PROCESS_NOT_ENDED: usage,
  RUN_ERASED: failed,
  RUN_MOVED: usage,
  RUN_NOT_AT_REST: again,
  RUN_ALREADY_THERE: usage,
  PROCESS_REFUSED: failed,
  CHILD_FAILED: failed,
  FORK_REFUSED: usage,
  MESSAGE_INVALID: failed,
  MESSAGE_REFUSED: failed,
  MESSAGE_WITHDRAWN: failed,
  // host, engine, store
  BLOBS_ABSENT: usage,
  BLOBS_REFUSED: failed,
  BLOBS_UNREACHABLE: again,
  BLOB_LOST: failed,
  FOLDER_NOT_EMPTY: usage,
  BACKUP_INVALID: usage,
  RUN_INPUT_DIFFERS: usage,
  USAGE: usage,
  FILE_UNREADABLE: usage,
  DEFINITION_LOAD_FAILED: usage,
  DATA_FOLDER_OWNED: entry(true, 75),
  DATA_FOLDER_READ_ONLY: failed,
  DATA_FOLDER_CORRUPT: failed,
  DATA_FOLDER_NEWER: failed,
  STORE_FAILED: again,
  STORE_FULL: again,
  STREAM_NOT_REMOVED: again,
  CHAIN_BROKEN: failed,
  ENGINE_CLOSED: again,
  LOST_EPOCH: again,
  CONTROL_UNREACHABLE: again,
  PACKAGE_MISSING: usage,
  ENGINE_UNREACHABLE: again,
  ENGINE_REFUSED: failed,
  HANDLER_FAILING: failed,
  ENGINE_TOO_OLD: failed,
  ENGINE_CLOCK_WRONG: again,
  ENGINE_FOREIGN: usage,
  ENGINE_LACKS: usage,
  PLATFORM_UNSUPPORTED: usage,
  // models
  MODEL_UNKNOWN: usage,
  MODEL_AUTH: failed,
  MODEL_RATE_LIMITED: again,
  MODEL_UNAVAILABLE: again,
  MODEL_STREAM_CUT: again,
  MODEL_BAD_ANSWER: again,
  MODEL_REFUSED: failed,
  MODEL_REQUEST_INVALID: failed,
  // tools
  PATH_ESCAPES: failed,
  FILE_NOT_TEXT: failed,
  FILE_TOO_LARGE: failed,
  FILE_CHANGED: failed,
  PATCH_REJECTED: failed,
  HTTP_REFUSED: failed,
  HTTP_FAILED: again,
  HTTP_UNAVAILABLE: again,
  EXEC_REFUSED: failed,
  EXEC_FAILED: failed,
  EXEC_TIMEOUT: failed,
  EXEC_OUTPUT_LIMIT: failed,
  EXEC_MEMORY_LIMIT: failed,
  // defects of Skein
  INTERNAL: failed,
} as const satisfies Record<string, CodeEntry>

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES
