/** All programs that are killed, by name. */
import { AGENT_PROGRAMS } from './agents.ts'
import { SIZE_PROGRAMS } from './sizes.ts'
import { TOOL_PROGRAMS } from './tools.ts'
import { TURN_PROGRAMS } from './turns.ts'
import { WAIT_PROGRAMS } from './waits.ts'

export const PROGRAMS = {
  ...TOOL_PROGRAMS,
  ...AGENT_PROGRAMS,
  ...WAIT_PROGRAMS,
  ...TURN_PROGRAMS,
  ...SIZE_PROGRAMS,
} as const
export type ProgramName = keyof typeof PROGRAMS
