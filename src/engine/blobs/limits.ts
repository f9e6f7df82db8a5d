/** Limits of blobs, by name. */
import { limits } from '../../std/index.ts'

/** Bytes of one blob: a character of a payload has three at most. */
export const BLOB_BYTES_MAX = 3 * limits.PAYLOAD_BYTES_MAX
/** Requests under way at once. */
export const REQUESTS_AT_ONCE_MAX = 16
/** Time for one attempt of a request. */
export const ATTEMPT_MS_MAX = 60_000
/** How long a request is tried again, unless the options say otherwise. */
export const REQUEST_TIMEOUT_MS_DEFAULT = 30_000
/** First pause between two attempts; each is twice as long as the one before, less up to half of it. */
export const RETRY_FIRST_MS = 50
/** Longest pause between two attempts. */
export const RETRY_PAUSE_MS_MAX = 2_000
/** Pause of an activation whose payload could not be stored yet: it waits for as long as it is resident. */
export const STORE_AGAIN_MS = 1_000
/** Characters of a server's answer that stand in an error. */
export const ANSWER_CHARACTERS_SHOWN = 300
