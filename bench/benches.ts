/** Every bench, in the order in which `all` runs them. */
import { commits } from './commits.ts'
import { conversation } from './conversation.ts'
import { handover } from './handover.ts'
import type { Bench } from './harness/bench.ts'
import { steering } from './steering.ts'
import { steps } from './steps.ts'

export const BENCHES: readonly Bench[] = [steps, commits, handover, conversation, steering]
