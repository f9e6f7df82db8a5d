/** Every limit of this example, by name. */

/** Search terms, the question's own words included. */
export const TERMS_MAX = 16
/** Shorter words say nothing about a question. */
export const TERM_CHARS_MIN = 4
/** Documents that are read, those with most matches first; and matching lines that a reader is shown of each. */
export const DOCUMENTS_MAX = 8
export const PASSAGES_MAX = 8
export const READERS_AT_ONCE = 4
export const READER_STEPS_MAX = 12
/** How often wrong citations, and sentences without one, go back to the model. */
export const CORRECTIONS_MAX = 2
/** A quote shorter than this would be found anywhere; a range longer than this is no place. */
export const QUOTE_CHARS_MIN = 12
export const RANGE_LINES_MAX = 20
