import type { Control, Switches } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { JournalProblem } from '../embedded/local-engine.ts'
import type { Movable } from '../move/moved-run.ts'
import type { Engine } from '../port.ts'
import type { HeldKey } from './held-keys.ts'

/** An engine that is open on a Restate server. */
export interface RestateEngine extends Engine, Movable {
  readonly switchboard: Switches
  /** Where the server reaches this worker. */
  readonly port: number | undefined
  pending(pid: Pid): Promise<readonly Control[]>
  /** Checks the chain of every journal, or of one. */
  verify(pid?: Pid): AsyncIterable<JournalProblem>
  /** Whether everything that has come for those resident here has reached them: signals take their time. */
  hasCaughtUp(): Promise<boolean>
  /** Processes whose handler the server keeps open and does not go on with. */
  heldKeys(): Promise<readonly HeldKey[]>
  /** Lets such a process go on; false when it was not held up. */
  free(pid: Pid): Promise<boolean>
  /** As `kill -9` would end it. */
  abandon(): void
}
