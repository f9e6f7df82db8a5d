/**
 * The language of the control socket, version 1: one JSON object per line. A request has an id; its answer carries the
 * same. A watch answers with any number of changes and ends with the connection.
 */
import type { Control, Message, Settlement, StartRequest } from '../../../kernel/index.ts'
import type { EffectKey, ErrorData, Pid } from '../../../std/index.ts'
import type { Change, Query, SwitchChange } from '../../port.ts'

/** What a client asks for. */
export type ControlCall =
  | { readonly op: 'ping' }
  /** A successor waits for the folder; answered with whether the owner will leave. */
  | { readonly op: 'handOver' }
  | { readonly op: 'start'; readonly request: StartRequest }
  | { readonly op: 'deliver'; readonly message: Message }
  | { readonly op: 'control'; readonly pid: Pid; readonly control: Control }
  | { readonly op: 'settle'; readonly token: string; readonly settlement: Settlement; readonly hold: boolean }
  | { readonly op: 'switch'; readonly change: SwitchChange }
  | { readonly op: 'release' }
  /** Removes what the process said live; an owner of a version that cannot refuses. */
  | { readonly op: 'forget'; readonly pid: Pid }
  /** Of a whole process: with what it said live, for clients of versions that do not ask for that. */
  | { readonly op: 'erase'; readonly pid: Pid; readonly by: string; readonly key?: EffectKey }
  | { readonly op: 'compact' }
  | { readonly op: 'watch'; readonly query: Query }

/** A line from a client. */
export type ControlRequest = { readonly v: 1; readonly id: number; readonly call: ControlCall }

/** A line from the owner. */
export type ControlAnswer =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: ErrorData }
  | { readonly id: number; readonly change: Change }
