import type { LocalEngine } from '../../engine/index.ts'
import { gather } from '../simulation/gather.ts'

/** What an engine's own check finds in its journals, in words. */
export async function chainOffences(engine: LocalEngine | undefined): Promise<readonly string[]> {
  if (engine === undefined) return ['no engine is open']
  return (await gather(engine.verify())).map(({ pid, n, problem }) => `${pid}, frame ${n}: ${problem}`)
}
