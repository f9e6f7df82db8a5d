/** What operators have set for a whole installation: what is switched off, and quarantine. One object with one key. */
import { SWITCHES_MAX } from '../limits.ts'
import type { Switch, SwitchChange } from '../port.ts'
import { SKEIN_MARK, objectOptions } from './sdk.ts'
import type { Exclusive, Sdk, Shared } from './sdk.ts'
import type { At, ServiceNames, Settings, SettingsChange } from './wire.ts'

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
          const changed = changedSwitches(switches, { change, at })
          if (changed === undefined) return false
          if (changed.length > SWITCHES_MAX)
            throw new sdk.TerminalError(`more than ${SWITCHES_MAX} things are switched off`)
          switches = changed
        }
        const kept = quarantine === undefined ? before.quarantine : (quarantine ?? undefined)
        ctx.set('settings', { switches, ...(kept === undefined ? {} : { quarantine: kept }) })
        return true
      },
    },
    metadata: { [SKEIN_MARK]: '1' },
    options: objectOptions,
  })
}

function changedSwitches(
  switches: readonly Switch[],
  { change, at }: At & { readonly change: SwitchChange },
): readonly Switch[] | undefined {
  const { target, by, to } = change
  if (switches.some((one) => one.target === target) === (to === 'off')) return undefined
  if (to === 'on') return switches.filter((one) => one.target !== target)
  const { reason } = change
  return [...switches, { target, by, at, ...(reason === undefined ? {} : { reason }) }]
}
