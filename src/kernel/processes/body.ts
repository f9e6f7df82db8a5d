/** A body: the code of a process, seen from the kernel. It speaks by asks and is spoken to by deliveries. */
import type { ErrorData } from '../../std/index.ts'

/** How a body came to its end. */
export type BodyEnd =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'error'; readonly error: ErrorData }
  /** `continueAsNew(state)` was returned. */
  | { readonly type: 'continue'; readonly state: unknown }

/** The running code of a process. */
export interface Body {
  /** Reducers need no macrotask to come to rest. */
  readonly synchronous: boolean
  start(): void
  /** Nothing more can be delivered or decided now. */
  rested?(): void
  end: BodyEnd | undefined
}
