/** Every limit of the model room, by name. */

/** Model calls in flight at once in one host, unless `models.concurrency` or the driver is told otherwise. */
export const MODEL_CONCURRENCY_DEFAULT = 64
/** Requests of one call, the first included, while a server refuses before it does any work. */
export const TRIES_MAX = 6
/** Pause after the first refusal that names none; each further one doubles it. */
export const BACKOFF_MS_FIRST = 500
/** Longest such pause. */
export const BACKOFF_MS_MAX = 30_000
/** Share of random extra on top of a pause that a server asked for, so that callers do not come back all at once. */
export const RETRY_AFTER_JITTER = 0.1
/** Output tokens asked for, and reserved, when neither the call nor the provider's config says. */
export const OUTPUT_TOKENS_DEFAULT = 8_192
/** Tokens that a provider's template adds around a message, a part or a tool: an upper bound. */
export const FRAMING_TOKENS_MAX = 64
/** Tokens of one image, whatever its bytes, and of any short document: an upper bound. */
export const FILE_TOKENS_MAX = 32_768
/** Characters of one answer, arguments of tool calls included. */
export const ANSWER_CHARS_MAX = 16 * 1024 * 1024
/** Characters of a server's own words that are quoted in an error. */
export const QUOTE_CHARS_MAX = 300
/** Depth that is kept free around tool arguments and typed output, for the conversation they become part of. */
export const DEPTH_KEPT_FREE = 12
/** JSON values in one answer that are tried as typed output, the last first. */
export const CANDIDATES_MAX = 20
/** Issues of a schema that one complaint names. */
export const COMPLAINT_ISSUES_MAX = 10
