/** Limits of the Restate engine, by name. */

/** Oldest server that this was tried with. */
export const SERVER_VERSION_LEAST = '1.7'
/** Text of one sealed frame: half of what the server takes as one message by default. */
export const RESTATE_FRAME_BYTES_MAX = 16 * 1024 * 1024
/** Turns in one entry of the server's journal. */
export const BATCH_FRAMES_MAX = 200
/** Text in one entry of the server's journal, about. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024
/** An open handler says something at least this often, so that no time-out of the server's cuts a long effect off. */
export const HEARTBEAT_MS = 20_000
/**
 * Entries (what was heard, and frames) after which an activation gives way to one with a short journal, once nothing is in
 * flight (rule T8).
 */
export const ENTRIES_MAX = 2_000
/** Entries after which it decides nothing more, so that what is in flight comes to its end. */
export const ENTRIES_BEFORE_LEAVING = 20_000
/**
 * Turns of the event loop for which the beginning of an activation that runs ahead may wait for more to go with it, though
 * nothing waits for it: some milliseconds where there is little to do.
 */
export const AHEAD_TURNS = 1_000
/** The same in time, where turns are long. */
export const AHEAD_MS_MAX = 5_000
/** How long an activation whose handler was cut off is kept for the handler's next attempt. */
export const ADOPTION_MS = 5_000
/** Text of an event, or of a start, that rides in what tells of it; larger ones are fetched. */
export const SIGNAL_BYTES_MAX = 64 * 1024
/** Rows of one answer. */
export const PAGE_MAIL = 200
/** Text of one answer, about. */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024
/** What one request of a mover may hold, as JSON in UTF-8: a little less than the server takes as one message by default. */
export const MOVE_REQUEST_BYTES_MAX = 31 * 1024 * 1024
/** First pause before a request is made again. */
export const RETRY_FIRST_MS = 50
/** Longest pause before a request is made again. */
export const RETRY_PAUSE_MS_MAX = 2_000
/** How long the first attempt of a request is waited for; each one after twice as long. */
export const ATTEMPT_FIRST_MS = 4_000
/** The same where there is one address only: a thousand requests at once take seconds, and are no quicker for being made again. */
export const ATTEMPT_ALONE_MS = 8_000
/** How long a request is tried, unless the options say otherwise. */
export const REQUEST_TIMEOUT_MS_DEFAULT = 30_000
/** How far the clock of a worker may be from the server's: a time server keeps both within a second. */
export const CLOCK_OFF_MS_MAX = 30_000
/** How long a node may say of a service that there is none: it hears of services a moment after it has come up. */
export const SERVICES_HEARD_MS = 5_000
/** How long the server remembers the answer to a request that may be made again. */
export const ANSWER_KEPT_MS = 10 * 60 * 1000
/** Pause between two looks for changes that another worker made. */
export const WATCH_POLL_MS = 500
/** Durable frames that views remember until the server's tables show them. */
export const RECENT_FRAMES_MAX = 32
/** A worker that leaves waits this long for requests that it still answers. */
export const ENDPOINT_CLOSE_MS = 1_000
/** Longest wait of a host that leaves for what is in flight and can be done again: its answers come over a network. */
export const LEAVE_REPEATABLE_MS = 2_000
/** Longest wait of a host that leaves for the server to acknowledge what was said last. */
export const LEAVE_RETURN_MS = 10_000
/** Attempts of a handler: at two seconds each, more than anybody will wait for a worker. */
export const ATTEMPTS_MAX = 1_000_000_000
/** A handler of a process that has not said anything for so long is held up: it has a heartbeat. */
export const HELD_UP_MS = 6 * HEARTBEAT_MS
/** Attempts of a handler after which it is held up: ten seconds of them, and more. */
export const FAILING_ATTEMPTS = 10
/** Text of a failure that is shown. */
export const FAILURE_SHOWN = 300
/** Pause between two looks for handlers that are held up. */
export const HELD_UP_LOOK_MS = 60_000
/** Longest pause between two looks whether a process has ended in another worker: each one is a call through the server. */
export const RESTATE_ENDS_LOOK_MS_MAX = 1_000
/** Ids that were heard, in one answer. */
export const PAGE_SEEN = 1_000
/** Objects that a handler which moves a run asks at once. */
export const MOVE_ASKS_MAX = 64
/** Processes of a run that leaves: handlers that move it ask each of them several times. */
export const MOVE_PROCESSES_MAX = 1_000
/** Journals and large values of a run that leaves: whoever carries it holds all of them in memory. */
export const MOVE_BYTES_MAX = 256 * 1024 * 1024
