/** What has been switched off by an operator, as the gate asks for it. */
import type { Pid } from '../../std/index.ts'

/** What is about to be decided. */
export type SwitchedThing = {
  readonly pid: Pid
  readonly tenant?: string | undefined
  /** The tool that is called. */
  readonly tool?: string
  /** What a child would be an instance of. */
  readonly definition?: { readonly kind: 'workflow' | 'agent'; readonly name: string }
}

/** A switch that holds something, and who turned it off. */
export type SwitchedOff = { readonly target: string; readonly by: string; readonly reason?: string }

/** The switches of a host. Synchronous, because a decision is: what is durable and heard holds from the next one on. */
export interface Switches {
  /** What holds the process, as itself or as part of something; with `tool` or `definition` what holds only that. */
  off(about: SwitchedThing): SwitchedOff | undefined
}
