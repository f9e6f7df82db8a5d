/** What operators have set for a whole installation: what is switched off, and quarantine. One object with one key. */
import { toSkeinError } from '../../std/index.ts'
import { changedSwitches } from '../settings-cache.ts'
import type { Settings } from '../settings-cache.ts'
import { MARKED, objectOptions, unheedingOptions } from './sdk.ts'
import type { Exclusive, Sdk, Shared } from './sdk.ts'
import type { ServiceNames, SettingsChange } from './wire.ts'

const NOTHING_SET: Settings = { switches: [] }

/** The definition of the object, for a worker to serve. */
export function settingsObject(sdk: Sdk, names: ServiceNames) {
  return sdk.object({
    name: names.settings,
    handlers: {
      read: sdk.handlers.object.shared(
        async (ctx: Shared): Promise<Settings> => (await ctx.get<Settings>('settings')) ?? NOTHING_SET,
      ),
      /** False when nothing changes. */
      async change(ctx: Exclusive, { change, quarantine, at }: SettingsChange): Promise<boolean> {
        const before = (await ctx.get<Settings>('settings')) ?? NOTHING_SET
        let { switches } = before
        if (change !== undefined) {
          const changed = changedOrRefused(sdk, switches, { change, at })
          if (changed === undefined) return false
          switches = changed
        }
        const kept = quarantine === undefined ? before.quarantine : (quarantine ?? undefined)
        ctx.set('settings', { switches, ...(kept === undefined ? {} : { quarantine: kept }) })
        return true
      },
    },
    metadata: MARKED,
    options: { ...objectOptions, ...unheedingOptions },
  })
}

/** A refusal ends the handler: the server would try it again for ever. */
function changedOrRefused(sdk: Sdk, ...change: Parameters<typeof changedSwitches>) {
  try {
    return changedSwitches(...change)
  } catch (thrown) {
    throw new sdk.TerminalError(toSkeinError(thrown).message)
  }
}
