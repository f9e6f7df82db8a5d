/** Every bench, in the order in which `all` runs them. */
import { commits } from './commits.ts'
import { conversation } from './conversation.ts'
import { handover } from './handover.ts'
import { engine } from './engine.ts'
import { loop } from './loop.ts'
import { waiting } from './waiting.ts'
import { recovery } from './recovery.ts'
import { messages } from './messages.ts'
import type { Bench } from './harness/bench.ts'
import { steering } from './steering.ts'
import { steps } from './steps.ts'

export const BENCHES: readonly Bench[] = [
  steps,
  engine,
  loop,
  waiting,
  recovery,
  messages,
  commits,
  handover,
  conversation,
  steering,
]
