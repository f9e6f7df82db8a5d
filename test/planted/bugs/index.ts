/** All planted bugs. */
import type { PlantedBug } from '../planted-bug.ts'
import { ACCOUNT_BUGS } from './accounts.ts'
import { EFFECT_BUGS } from './effects.ts'
import { ENGINE_BUGS } from './engine.ts'
import { PROCESS_BUGS } from './processes.ts'
import { STORE_BUGS } from './store.ts'

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...STORE_BUGS,
  ...ENGINE_BUGS,
  ...EFFECT_BUGS,
  ...PROCESS_BUGS,
  ...ACCOUNT_BUGS,
]
