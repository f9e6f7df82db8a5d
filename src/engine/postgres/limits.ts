/** Limits of the Postgres engine, by name. */

/** Oldest server that this was tried with, as `server_version_num`. */
export const SERVER_VERSION_LEAST = 150_000
/** Text of one sealed frame; larger values lie beside it, as blobs. */
export const POSTGRES_FRAME_BYTES_MAX = 16 * 1024 * 1024
/** How long a member may be silent before others take over what it has. */
export const LEASE_MS_DEFAULT = 15_000
/** Shortest lease: several sweeps must fit into it. */
export const LEASE_MS_LEAST = 2_000
/** Pause between two looks for what no notification told. */
export const SWEEP_MS = 500
/** Every so many sweeps, what others parked is tried. */
export const SWEEPS_PER_PARKED_LOOK = 10
/** Entries of one batch: the server writes it while this worker goes on, so it may be larger than one on a disk of our own. */
export const BATCH_ENTRIES_MAX = 1_000
/** Text in a column of an index; three bytes a character, and a row of an index holds 2,700. */
export const INDEXED_CHARACTERS_MAX = 800
/** Processes taken in one claim, and loaded together. */
export const CLAIM_MOST = 64
/** First pause before a broken connection is made again. */
export const RETRY_FIRST_MS = 25
/** Longest pause before a broken connection is made again. */
export const RETRY_PAUSE_MS_MAX = 1_000
/** How long a request is tried, unless the options say otherwise. */
export const REQUEST_TIMEOUT_MS_DEFAULT = 30_000
/** Time for one connection to be made. */
export const CONNECT_TIMEOUT_MS = 5_000
/** Time for a pooler to find another session. */
export const POOLER_ANSWERS_MS = 2_000
/** Silence after which the other side of a connection is asked whether it is there. */
export const KEEP_ALIVE_MS = 10_000
/** Mail of one look. */
export const PAGE_MAIL = 200
/** Pause between two looks for changes that another worker made, while somebody watches. */
export const WATCH_POLL_MS = 500
/** Longest wait of a host that leaves for what is in flight and can be done again. */
export const LEAVE_REPEATABLE_MS = 1_000
/** How long a claim waits for what it has claimed before: payloads that come from far hold up nobody else for longer. */
export const LOADS_AWAITED_MS = 100
/** Pause before one is claimed again that was given back, as its payloads could not be reached and others wanted in. */
export const CLAIM_AGAIN_MS = 5_000
/** Longest wait of a host that leaves for payloads that are on their way to the store of blobs. */
export const LEAVE_PAYLOADS_MS = 5_000
/** Pause before a member that was lost joins again. */
export const REJOIN_MS = 100
