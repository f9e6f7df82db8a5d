/**
 * Every limit of the kernel and the engine, by name. Rooms above keep their own `limits.ts` beside
 * what they limit.
 */
/** Larger payloads are stored by content hash (rule J3). */
export const PAYLOAD_INLINE_BYTES_MAX = 64 * 1024
/** Blobs up to this size share the frame's commit; larger ones are synced to files first (rule T4). */
export const BLOB_IN_STORE_BYTES_MAX = 1024 * 1024
/** A single value that crosses the gate. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024
/** Depth of data that can be a key, an argument or a result (rule K3). */
export const DATA_DEPTH_MAX = 64
/** Facts in one frame; a longer turn is cut into several frames. */
export const FRAME_FACTS_MAX = 512
/** Facts since the snapshot: a warning (rule D7). */
export const SEGMENT_FACTS_WARN = 1_000
/** Facts since the snapshot: `SEGMENT_TOO_LONG` (rule D7). */
export const SEGMENT_FACTS_MAX = 10_000
/** Facts since the snapshot after which an agent takes its next one. */
export const SNAPSHOT_FACTS = 1_000
/** Mailbox (rule M6). */
export const MAILBOX_MESSAGES_MAX = 10_000
/** Bytes of the bodies in a mailbox (rule M6). */
export const MAILBOX_BYTES_MAX = 64 * 1024 * 1024
/** Characters of one message. */
export const MESSAGE_BYTES_MAX = 1024 * 1024
/** How long ids of foreign messages are remembered (rule M2). */
export const FOREIGN_ID_TTL_MS = 7 * 24 * 3600 * 1000
/** Residency of a process in which nothing happens (rule T7). */
export const IDLE_MS_DEFAULT = 30_000
/** Depth of the process tree. */
export const SPAWN_DEPTH_MAX = 64
/** Attempts of one effect before it is settled as lost or put before someone. */
export const ATTEMPTS_MAX = 10
/** A tool or step that says nothing about its time. */
export const EFFECT_TIMEOUT_MS_DEFAULT = 10 * 60 * 1000
/** The least time such a tool is given under a time budget; with less left it waits for more. */
export const EFFECT_TIMEOUT_MS_LEAST = 1_000
/** Wait before a second look at a write that may still be on its way (rule E8). */
export const ABSENT_GRACE_MS_DEFAULT = 5_000
/** Time children have to end after their parent was cancelled, before they are reported as orphans (rule X5). */
export const CANCEL_CHILDREN_MS_DEFAULT = 30_000
/** Definitions of one name that a program holds side by side; the oldest is forgotten first. */
export const DEFINITIONS_PER_NAME_MAX = 1_000
