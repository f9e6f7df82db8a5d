/** Limits of the campaign over Postgres. */

/** A short lease: a worker that is stopped for longer has lost what it had. */
export const LEASE_MS = 2_000
