/** What the conformance suite needs of an engine: to be opened, killed and opened again, in its own time. */
import type { Engine } from '../../engine/index.ts'

/** One store, and the engines that own it one after the other. */
export interface EngineRig {
  /** Opens the engine as a new owner of what the last one left; no other may be open. */
  open(): Promise<Engine>
  /** Ends the open engine as `kill -9` would: nothing is flushed. */
  crash(): Promise<void>
  /** Lets the engine take one step: a turn of the event loop it runs on. */
  turn(): Promise<void>
  /** In the engine's own time. */
  sleep(delayMs: number): Promise<void>
  now(): number
  /**
   * Waits until what was answered as queued has reached whoever is active, and what they consumed is known to their
   * mailboxes. Absent where that is so when it is answered, or durable.
   */
  readonly arrived?: () => Promise<void>
  /** What does not verify in the journals of the open engine (asked after each rule). Absent without a chain. */
  readonly offences?: () => Promise<readonly string[]>
  /** A new owner while the old one still believes it is the owner. Absent where the engine itself makes that impossible. */
  readonly usurp?: () => Promise<Engine>
  /** An engine that was overtaken joins anew by itself, and what is asked of it from then on is written in its new life. */
  readonly rejoins?: true
  /** The first activation of a process runs before its beginning is durable: of one that left nothing nobody need know. */
  readonly runsAhead?: true
  /** Lets the next commit fail. Absent where it cannot be made to. */
  readonly failNextCommit?: () => void
}

/** Gives `use` a rig over an empty store, and cleans up. */
export type OpenRig = (use: (rig: EngineRig) => Promise<void>) => Promise<void>
