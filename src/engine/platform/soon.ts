/** Runs a function in a later macrotask of its own: `setImmediate`, or the simulator's queue. */
export type Soon = (run: () => void) => void
