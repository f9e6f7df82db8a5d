/** What the outside ledger writes down, and what it is asked. */

/** The key under which a scripted model tells the ledger that it was called: providers know no keys. */
export const MODEL_KEY = 'model'

/**
 * `begun`: a request arrived · `done`: it was executed · `known`: its key was known, the old answer is given ·
 * `dropped`: who asked was gone before it was executed · `looked`: somebody asked what became of a key.
 */
export type LedgerEntry = {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly run: string
  readonly what: 'begun' | 'done' | 'known' | 'dropped' | 'looked'
  readonly tool: string
  readonly key: string
  readonly attempt: number
  readonly input: unknown
  /** True when it changes nothing. */
  readonly inert: boolean
}

/** A request to do something. */
export type LedgerRequest = {
  readonly tool: string
  readonly key: string
  readonly attempt: number
  readonly input: unknown
  /** It changes nothing. */
  readonly inert?: boolean
  /** The tool hands its key over: a second request under it gets the first one's answer. */
  readonly keyed?: boolean
}

/** What became of a key. */
export type LedgerLook = { readonly done: unknown } | { readonly absent: true }
