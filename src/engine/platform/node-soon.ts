import type { Soon } from './soon.ts'

/** The next turn of the event loop, after a look at I/O. */
export const nodeSoon: Soon = (run) => {
  setImmediate(run)
}
