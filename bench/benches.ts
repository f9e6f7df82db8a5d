/** Every bench, in the order in which `all` runs them: what peers are compared by comes first. */
import { commits } from './commits.ts'
import { conversation } from './conversation.ts'
import { engine } from './engine.ts'
import { handover } from './handover.ts'
import type { Bench } from './harness/bench.ts'
import { imports } from './import.ts'
import { loop } from './loop.ts'
import { messages } from './messages.ts'
import { postgres } from './postgres.ts'
import { recovery } from './recovery.ts'
import { steering } from './steering.ts'
import { steps } from './steps.ts'
import { waiting } from './waiting.ts'

export const BENCHES: readonly Bench[] = [
  steps,
  engine,
  postgres,
  imports,
  loop,
  waiting,
  recovery,
  messages,
  commits,
  handover,
  conversation,
  steering,
]
