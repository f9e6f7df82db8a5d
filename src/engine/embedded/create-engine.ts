import { SkeinError } from '../../std/index.ts'
import type { EngineParts, LocalEngine } from './local-engine.ts'

/** The engine over a store that this process owns. */
export function createEngine(parts: EngineParts): LocalEngine {
  throw new SkeinError('NOT_AVAILABLE', `the engine over a ${parts.store.durability} store is being built`)
}
