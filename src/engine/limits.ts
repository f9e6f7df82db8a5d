/** Limits of the engines, by name. What kernel and engine share stands in `std/limits.ts`. */
import { limits } from '../std/index.ts'

/** Text of one sealed frame. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024
/**
 * Entries of one transaction. This and the next three bound how long the event loop is held: pieces of each kind may stand in
 * one round of it. Three times as large, they hold it three times as long and save up to a tenth of the CPU
 * (`npm run bench -- engine`, `steps`).
 */
export const BATCH_ENTRIES_MAX = 96
/** Entries that are told in one macrotask that they are durable. */
export const DONE_PER_MACROTASK = 10
/** Bytes of one transaction, about. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024
/** Processes whose outcomes are delivered in one macrotask; the rest follow after a look at I/O. */
export const MACROTASK_DELIVERIES_MAX = 12
/** Activations made in one macrotask. */
export const ACTIVATIONS_PER_MACROTASK = 8
/** Resident processes, unless the host says otherwise. */
export const RESIDENT_MAX_DEFAULT = 10_000
/** Changes that wait for a slow watcher; the oldest are dropped (a gap in `frame.n` tells). */
export const WATCH_BACKLOG_MAX = 10_000
/** Rows per page when a list or a history is read. */
export const PAGE_ROWS = 200
/** Length of a pid. */
export const PID_CHARACTERS_MAX = 512
/** Length of the id of a message or control. */
export const ID_CHARACTERS_MAX = 4_096
/** Settlements that are kept for effects that do not wait for them yet. */
export const SETTLEMENTS_HELD_MAX = 10_000
/** How often ids that are past their time are forgotten. */
export const FORGET_EVERY_MS = 10 * 60 * 1000
/** Time without a commit after which the write-ahead log is copied into the database. */
export const CHECKPOINT_IDLE_MS = 1_000
/** Syncs in place that take no longer on the average hold nobody up. */
export const SYNC_IN_PLACE_MS_MAX = 1
/** Bytes of frames up to which a commit is synced in place: more take their time on any disk. */
export const SYNC_IN_PLACE_BYTES_MAX = 64 * 1024
/** Over about so many it is taken: a single slow one says little. */
export const SYNCS_AVERAGED = 8
/** Syncs beside the main thread once those in place were slow; twice as many if the next one is, too. */
export const SYNCS_ASIDE_LEAST = 32
/** The most of them. */
export const SYNCS_ASIDE_MAX = 1_024
/** Size of the write-ahead log at which it is copied under load. */
export const WAL_BYTES_MAX = 64 * 1024 * 1024
/** Longest wait of a host that leaves for writes in flight that could not be repeated; they are unknown after that. */
export const DRAIN_WRITES_MS = 20_000
/** Longest wait of a host that leaves for everything else that is in flight: it is done again. */
export const DRAIN_REPEATABLE_MS = 500
/** Macrotasks in which a kernel that is in the middle of a turn comes to the end of it. */
export const DRAIN_MACROTASKS = 500
/** Pause between two looks at the owner lock. */
export const OWNER_POLL_MS = 20
/** Pause between two requests to an owner to hand over. */
export const OWNER_ASK_MS = 1_000
/** A unix socket's path, one byte short of Linux's 108. */
export const SOCKET_PATH_BYTES_MAX = 103
/** One line on the control socket: a value of the largest size with room for its envelope. */
export const CONTROL_LINE_BYTES_MAX = limits.PAYLOAD_BYTES_MAX + 1024 * 1024
/** Time for an owner to write all of its store anew. */
export const COMPACT_TIMEOUT_MS = 10 * 60 * 1000
/** Time for an owner to answer on the control socket. */
export const CONTROL_TIMEOUT_MS = 10_000
/** Bytes by which the write-ahead log is made longer ahead of small commits. */
export const LOG_ROOM_BYTES = 512 * 1024
/** Commits between two looks at its length. */
export const LOG_LOOKED_AT_EVERY = 8
/** What the write-ahead log is cut back to once it has been copied. */
export const WAL_KEPT_BYTES = 4 * 1024 * 1024
/** Things switched off at once. */
export const SWITCHES_MAX = 1_000
/** A live stream keeps this much per process; the oldest goes first. */
export const STREAM_BYTES_MAX = 8 * 1024 * 1024
/** One event of a live stream, and what deltas are joined up to. */
export const STREAM_CHUNK_CHARS_MAX = 16 * 1024
/** What one process may say between two writes; the rest is counted and said to be dropped. */
export const STREAM_BUFFER_CHARS_MAX = 256 * 1024
/** Time that what is said may wait to be written. */
export const STREAM_FLUSH_MS = 50
/** Longest wait in place for a lock on the streams that another program holds. */
export const STREAM_BUSY_MS = 5
/** Rows of a stream that are removed in one macrotask. */
export const STREAM_ROWS_REMOVED_AT_ONCE = 256
/** Pages that are given back with them, at most. */
export const STREAM_PAGES_FREED_AT_ONCE = 512
/** Longest wait of a removal for whoever reads or locks the streams, and the pause between two tries. */
export const STREAM_REMOVE_MS = 2_000
/** See there. */
export const STREAM_REMOVE_POLL_MS = 20
/** Pause between two looks at a stream that another process writes. */
export const STREAM_POLL_MS = 200
/** Bytes of one look; more than the longest line. */
export const STREAM_READ_BYTES = 256 * 1024
/** Age at which what is switched off is asked for again before an activation. */
export const SWITCHES_FRESH_MS = 250
